import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { hours, minutes } from '../../lib/duration.ts'
import type { Message } from '../../lib/message.ts'
import { at, feed } from '../../lib/testing.ts'
import { eventTime } from '../../operators/event-time.ts'
import { each, keyBy } from '../../operators/key-by.ts'
import { reduce } from '../../operators/reduce.ts'
import { reducer, type ReducerDefinition } from '../../operators/reducer.ts'
import { count, type Reducer, sum } from '../../operators/reducers.ts'
import { window } from '../../operators/window.ts'
import { hopping, tumbling } from '../../operators/windows.ts'
import { Columns } from '../../operators/reduce/columns.ts'
import { codecOf } from '../../operators/reduce/panes.ts'
import { cuts, runLane } from './lane.ts'

interface Sale {
  readonly shop: string
  readonly item: string
  readonly price: number
}
const sale = (shop: string, item: string, price: number): Sale => ({ shop, item, price })

/** What comes of sales by shop and by item, in windows of an hour. */
async function totalsOf<R>(own: Reducer<Sale, R>, ...sales: Message<Sale>[]) {
  const keyed = await feed(...sales).run(keyBy(each('shop', 'item')))
  const windowed = await feed(...keyed.items).run(window(tumbling(hours(1))))
  const { values, rejected } = await feed(...windowed.items).run(
    reduce<Sale, { dimension: string; value: string }, { sales: number; own: R }>({
      sales: count(),
      own,
    }),
  )
  return {
    totals: values.map(({ value, sales, own }) => [value, sales, own]),
    reasons: rejected.map(({ reason }) => reason),
  }
}

/** The dearest two, as an array that is changed in place. */
const dearest = () =>
  reducer<Sale, number[], number[]>({
    initial: () => [],
    add: (prices, { price }) => {
      prices.push(price)
      prices.sort((a, b) => b - a)
      if (price === 13) throw new RangeError('not thirteen')
      return prices.slice(0, 2)
    },
    merge: (prices, other) => [...prices, ...other].sort((a, b) => b - a).slice(0, 2),
    result: (prices) => prices.reverse(),
  })

test('its functions may change the totals that they are handed', async (t) => {
  const { totals } = await totalsOf(
    dearest(),
    at('09:10', sale('x', 'tea', 3)),
    at('09:20', sale('x', 'tea', 9)),
    at('09:30', sale('x', 'pie', 5)),
  )
  t.deepEqual(totals, [
    ['pie', 1, [5]],
    ['tea', 2, [3, 9]],
    ['x', 3, [5, 9]],
  ])
})

test('an event at which add throws is rejected, and counts in no column of no key', async (t) => {
  const { totals, reasons } = await totalsOf(
    dearest(),
    at('09:10', sale('x', 'tea', 3)),
    at('09:20', sale('x', 'tea', 13)),
    at('09:30', sale('y', 'pie', 13)),
  )
  t.deepEqual(totals, [
    ['tea', 1, [3]],
    ['x', 1, [3]],
  ])
  t.deepEqual(reasons, ['RangeError: not thirteen', 'RangeError: not thirteen'])
})

test('add is told the event time, so that a reducer can keep the last', async (t) => {
  const last = reducer<Sale, { time: number; price: number } | null, number | null>({
    initial: () => null,
    add: (last, { price }, time) => (last && last.time > time ? last : { time, price }),
    merge: (last, other) => (last && other && last.time > other.time ? last : (other ?? last)),
    result: (last) => last && last.price,
  })
  const { totals } = await totalsOf(
    last,
    at('09:30', sale('x', 'tea', 1)),
    at('09:10', sale('x', 'tea', 2)),
  )
  t.deepEqual(totals, [
    ['tea', 2, 1],
    ['x', 2, 1],
  ])
})

for (const [what, add, reason] of [
  ['forgets to return', () => undefined, /^TypeError: a total is undefined, which JSON cannot/],
  ['makes NaN', () => ({ best: [NaN] }), /^TypeError: a total.best\[0\] is NaN, which JSON/],
  ['makes a Map', () => new Map(), /^TypeError: a total is a Map, which JSON cannot hold/],
] as const)
  test(`an event of which add ${what} is rejected`, async (t) => {
    const own = reducer<Sale, unknown, unknown>({ initial: () => null, add, merge: (a) => a })
    const { totals, reasons } = await totalsOf(own, at('09:10', sale('x', 'tea', 3)))
    t.deepEqual(totals, [])
    t.regex(reasons[0] as string, reason)
  })

test('one that throws in result or merge stops, and says for which column, key and window', async (t) => {
  const broken = (hook: 'result' | 'merge') =>
    reducer<Sale, number, number>({
      initial: () => 0,
      add: (n) => n + 1,
      merge: (n, other) => n + other,
      [hook]: () => {
        throw new Error('no')
      },
    })
  await t.throwsAsync(totalsOf(broken('result'), at('09:10', sale('x', 'tea', 3))), {
    code: 'config',
    message:
      'result of the reducer own failed for the key {"dimension":"item","value":"tea"} between 2024-01-01T09:00:00.000Z and 2024-01-01T10:00:00.000Z: no. Mend the reducer and start again',
  })
  const merger = reduce<Sale, unknown, { own: number }>({ own: broken('merge') })
  const messages = [at('09:10', sale('x', 'tea', 3)), at('09:20', sale('x', 'tea', 3))]
  const build = () => [
    eventTime((event: Sale) => event.price, { outOfOrder: 0 }),
    keyBy((event: Sale) => event.item),
    window(hopping({ size: 4, every: 2 })),
    merger,
  ]
  const failed = new Promise((_, reject) => merger.on('error', reject))
  await t.throwsAsync(
    Promise.race([failed, runLane(build, messages, { chunk: 1, epoch: 1, restart: 99 })]),
    { code: 'config', message: /^merge of the reducer own failed for the key {"key":"tea"}/ },
  )
})

test('a total comes back as it was, whatever its fields are called', (t) => {
  const own = reducer<never, object, object>({
    initial: () => ({}),
    add: (a) => a,
    merge: (a) => a,
  })
  const codec = codecOf(new Columns({ own }))
  const parts = [{ end: 10, totals: [{ $number: 'Infinity' }] }]
  const pane = { key: '{"key":"a"}', start: 0, layout: undefined, parts }
  t.deepEqual(codec.read(codec.write(pane)), pane)
})

test('a definition that cannot work is refused', (t) => {
  const definition: ReducerDefinition<Sale, unknown, unknown> = {
    initial: () => 0,
    add: (n) => n,
    merge: (n) => n,
  }
  t.throws(() => reducer({ ...definition, initial: () => -Infinity }), {
    code: 'config',
    message: /^initial of a reducer: a total is -Infinity, which JSON cannot hold/,
  })
  t.throws(() => reducer({ ...definition, write: (n) => n }), {
    code: 'config',
    message: /write and no read: give both or none/,
  })
})

test('its version is part of what the state means', (t) => {
  const definition = { initial: () => 0, add: (n: number) => n, merge: (n: number) => n }
  t.is(reducer(definition).format, 'reducer/1')
  t.is(reducer({ ...definition, version: 2 }).format, 'reducer/2')
})

/** The items of a window, as a set. */
const items = () =>
  reducer<Sale, Set<string>, string>({
    initial: () => new Set(),
    add: (items, { item }) => items.add(item),
    merge: (items, other) => new Set([...items, ...other]),
    result: (items) => [...items].sort().join(),
    write: (items) => [...items].sort(),
    read: (written) => new Set(written as string[]),
  })

const log = fc.array(
  fc.record({
    shop: fc.constantFrom('x', 'y'),
    item: fc.stringMatching(/^[a-d]$/),
    price: fc.integer({ min: 0, max: 12 }),
    time: fc.integer({ min: 0, max: minutes(400) }),
  }),
  { minLength: 1, maxLength: 60 },
)

testProp(
  'beside others, over hopping windows, results are the same however the log is cut and wherever it restarts',
  [log, cuts],
  async (t, sales, cut) => {
    const build = () => [
      eventTime((event: { time: number }) => event.time, { outOfOrder: minutes(60) }),
      keyBy((event: Sale) => event.shop),
      window(hopping({ size: minutes(100), every: minutes(40) })),
      reduce<Sale, unknown, { items: string; total: number; dearest: number[] }>({
        items: items(),
        total: sum((event) => event.price),
        dearest: dearest(),
      }),
    ]
    const outcome = async (...rest: [] | [typeof cut]) => {
      const messages = sales.map((event) => at('00:00', event))
      return (await runLane(build, messages, ...rest)).messages.map(({ value }) => value)
    }
    const uncut = await outcome()
    t.true(uncut.length > 0)
    t.deepEqual(await outcome(cut), uncut)
  },
)
