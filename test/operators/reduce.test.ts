import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { hours, minutes } from '../../lib/duration.ts'
import type { Partial } from '../../lib/exchange/exchange.ts'
import { Chunk, type Item, type Message } from '../../lib/message.ts'
import type { Operator } from '../../lib/operator.ts'
import { plainMessage } from '../../lib/plain.ts'
import { newStores } from '../../lib/state/stores.ts'
import { at, barrier, clock, feed, watermark } from '../../lib/testing.ts'
import { dedupe } from '../../operators/dedupe.ts'
import { eventTime } from '../../operators/event-time.ts'
import { each, fields, keyBy, type Keyed } from '../../operators/key-by.ts'
import { reduce } from '../../operators/reduce.ts'
import { count, distinct, max, mean, min, sum } from '../../operators/reducers.ts'
import { window } from '../../operators/window.ts'
import { tumbling } from '../../operators/windows.ts'
import { cuts, runLane } from './lane.ts'

interface Sale {
  country: string | number | null
  size: string
  price: number
}
const sale = (country: Sale['country'], size: string, price: number): Sale => ({
  country,
  size,
  price,
})
const hour = (time: string) => ({ start: clock(time), end: clock(time) + hours(1) })

/** What `keyBy` and an hourly `window` make of the input. */
const hourly = async <C>(by: Operator<Sale, Keyed<Sale, C>>, ...input: Item<Sale>[]) => {
  const keyed = await feed(...input).run(by)
  const { items } = await feed(...keyed.items).run(window(tumbling(hours(1))))
  return feed(...items)
}
const chunk = (...messages: Message<Sale>[]) => new Chunk(messages)
const price = (event: Sale) => event.price

test('a key and window have one result, with the columns of the key, the window and the reducers', async (t) => {
  const sales = await hourly(
    keyBy(fields('country', 'size')),
    chunk(
      at('09:10', sale('nz', 'L', 2)),
      at('09:20', sale('nz', 'L', 3)),
      at('09:30', sale(null, 'L', 4)),
    ),
  )
  const { messages } = await sales.run(reduce({ sales: count(), total: sum(price) }))
  t.deepEqual(
    messages.map(({ value }) => value),
    [
      { country: 'nz', size: 'L', window: hour('09:00'), sales: 2, total: 5 },
      { country: null, size: 'L', window: hour('09:00'), sales: 1, total: 4 },
    ],
  )
  t.is(messages[0]?.time, hour('09:00').end - 1)
})

test('each dimension has results of its own; null is skipped, and 5 is not "5"', async (t) => {
  const sales = await hourly(
    keyBy(each('country', 'size')),
    chunk(
      at('09:10', sale(5, 'L', 1)),
      at('09:20', sale('5', 'L', 1)),
      at('09:30', sale(null, 'M', 1)),
    ),
  )
  t.deepEqual(
    (await sales.through(reduce({ sales: count() }))).map(({ dimension, value, sales }) => [
      dimension,
      value,
      sales,
    ]),
    [
      ['country', '5', 1],
      ['country', 5, 1],
      ['size', 'L', 2],
      ['size', 'M', 1],
    ],
  )
})

test('results come by window, then key, when the watermark reaches the end of the window', async (t) => {
  const sales = await hourly(
    keyBy((event) => event.size),
    chunk(
      at('10:10', sale('nz', 'b', 1)),
      at('09:10', sale('nz', 'c', 1)),
      at('09:20', sale('nz', 'a', 1)),
    ),
    watermark('09:59:59.999'),
    watermark('10:00'),
    watermark('11:00'),
  )
  const { items } = await sales.run(reduce({ sales: count() }))
  t.deepEqual(
    items.map((item) =>
      item instanceof Chunk ? item.messages.map(({ value }) => value.key) : item.constructor.name,
    ),
    ['Watermark', ['a', 'c'], 'Watermark', ['b'], 'Watermark', 'Watermark'],
  )
})

test('open windows survive a restart, and closed ones are gone', async (t) => {
  const by = () => keyBy((event: Sale) => event.size)
  const first = await hourly(
    by(),
    chunk(at('09:10', sale('nz', 'a', 1)), at('10:10', sale('nz', 'a', 1))),
    watermark('10:00'),
    barrier(),
  )
  const before = await first.run(reduce({ total: sum(price) }))
  const second = await hourly(by(), chunk(at('10:20', sale('nz', 'a', 2))))
  const after = await second.run(reduce({ total: sum(price) }), before.stores)
  t.deepEqual(
    after.values.map(({ window, total }) => [window, total]),
    [[hour('10:00'), 3]],
  )
})

test('an event that a reducer refuses is rejected and counts in none', async (t) => {
  const sales = await hourly(
    keyBy(each('country', 'size')),
    chunk(at('09:10', sale('nz', 'L', NaN)), at('09:20', sale('nz', 'L', 2))),
  )
  const { values, rejected } = await sales.run(reduce({ sales: count(), total: sum(price) }))
  t.is(rejected.length, 1)
  t.deepEqual(
    values.map(({ sales, total }) => [sales, total]),
    [
      [1, 2],
      [1, 2],
    ],
  )
})

test('two columns of one name are refused', async (t) => {
  t.throws(() => reduce({ window: count() }), { message: /has the column window already/ })
  t.throws(() => reduce({}), { message: /needs a reducer/ })
  const sales = await hourly(keyBy(fields('country')), chunk(at('09:10', sale('nz', 'L', 1))))
  await t.throwsAsync(sales.run(reduce({ country: count() })), {
    message: /has the column country already/,
  })
})

/** The two halves of a `reduce`, as lanes run them. */
const halves = () => {
  const { exchange } = reduce<Sale, unknown, { total: number }>({ total: sum(price) })
  if (!exchange) throw new Error('reduce has no exchange')
  return { collect: () => exchange.collect(newStores()), merge: () => exchange.merge(newStores()) }
}

const partial = (key: string, window: string, total: number): Message<Partial> =>
  plainMessage({ key, ...hour(window), data: [[total]] }) as Message<Partial>

const nowhere = {
  emit: () => undefined,
  reject: () => undefined,
  advance: () => undefined,
}

test('what is collected is handed over once, by key and window', async (t) => {
  const collector = halves().collect()
  const keyed = await feed(at('09:10', sale('nz', 'L', 2))).run(keyBy(fields('country', 'size')))
  const { messages } = await feed(...keyed.items).run(window(tumbling(hours(1))))
  for (const message of [...messages, ...messages]) collector.message(message, nowhere)
  t.deepEqual(collector.take(), [
    { key: '{"country":"nz","size":"L"}', ...hour('09:00'), data: [[4]] },
  ])
  t.deepEqual(collector.take(), [])
})

test('the end of a finite run emits all, and a later run may go on after the last window', (t) => {
  const merger = halves().merge()
  const emitted: unknown[] = []
  const out = { ...nowhere, emit: ({ value }: Message<unknown>) => void emitted.push(value) }
  merger.message(partial('{"key":"a"}', '09:00', 1), out)
  t.is(merger.emitted, -Infinity)
  for (const _ of merger.watermark?.(Infinity, out) ?? []) t.fail('one result is one group')
  t.deepEqual(emitted, [{ key: 'a', window: hour('09:00'), total: 1 }])
  t.is(merger.emitted, hour('09:00').end)
  t.notThrows(() => merger.message(partial('{"key":"a"}', '10:00', 1), out))
})

test('a window that opens after a later one is emitted in its own time', (t) => {
  const merger = halves().merge()
  const starts: number[] = []
  const out = { ...nowhere, emit: ({ time }: Message<unknown>) => void starts.push(time) }
  const pass = (time: string) => [...(merger.watermark?.(clock(time), out) ?? [])]
  merger.message(partial('{"key":"a"}', '11:00', 1), out)
  pass('09:00')
  merger.message(partial('{"key":"a"}', '09:00', 1), out)
  pass('10:00')
  t.deepEqual(starts, [hour('09:00').end - 1])
})

test('a partial of a window that is emitted already is a broken invariant', (t) => {
  const merger = halves().merge()
  for (const _ of merger.watermark?.(clock('10:00'), nowhere) ?? []) t.fail('there is no result')
  t.throws(() => merger.message(partial('{"key":"a"}', '09:00', 1), nowhere), {
    code: 'corrupt',
    message: /window of 2024-01-01T09:00:00.000Z, whose result is already emitted/,
  })
})

const log = fc.array(
  fc.record({
    guid: fc.stringMatching(/^[a-e]{1,3}$/),
    at: fc.integer({ min: 0, max: 400 }),
    country: fc.constantFrom('nz', 'fr', 5, null),
    size: fc.constantFrom('L', 'M'),
    price: fc.double({ noNaN: true, min: -100, max: 100 }),
  }),
  { minLength: 1, maxLength: 80 },
)

interface Totals {
  sales: number
  total: number
  cheapest: number | null
  dearest: number | null
  usual: number | null
  guids: number
}

const reduceAll = () =>
  reduce<Sale & { guid: string }, unknown, Totals>({
    sales: count(),
    total: sum(price),
    cheapest: min(price),
    dearest: max(price),
    usual: mean(price),
    guids: distinct((event) => event.guid),
  })

for (const [name, by] of [
  ['one joined key', () => keyBy(fields<Sale, 'country' | 'size'>('country', 'size'))],
  ['a key for each dimension', () => keyBy(each<Sale, 'country' | 'size'>('country', 'size'))],
] as const)
  testProp(
    `with ${name}, results and late events are the same however the log is cut and wherever it restarts`,
    [log, cuts],
    async (t, events, cut) => {
      const build = () => [
        eventTime((event: { at: number }) => event.at, { outOfOrder: 30 }),
        dedupe((event: { guid: string }) => event.guid, { within: 100 }),
        by(),
        window(tumbling(50), { allowedLateness: 10 }),
        reduceAll(),
      ]
      const outcome = async (...rest: [] | [typeof cut]) => {
        const messages = events.map((event) => at('00:00', event))
        const { messages: results, rejected } = await runLane(build, messages, ...rest)
        return {
          results: results.map(({ value, time }) => [value, time]),
          rejected: rejected
            .map(({ operator, reason, message }) => `${operator} ${reason} ${message.time}`)
            .sort(),
        }
      }
      t.deepEqual(await outcome(cut), await outcome())
    },
  )

testProp(
  'partials of several lanes merge to the same in any order',
  [log, fc.integer({ min: 1, max: 4 }), fc.func(fc.integer())],
  (t, events, lanes, order) => {
    const { exchange } = reduceAll()
    const collectors = Array.from({ length: lanes }, () => exchange?.collect(newStores()))
    events.forEach((event, i) => {
      const { parts, names } = { parts: [event.country, event.size], names: ['country', 'size'] }
      const pane = tumbling(50).paneOf(event.at)
      const value = { event, kind: 'joined', names, parts, pane, end: pane.end }
      collectors[i % lanes]?.message(plainMessage(value), nowhere)
    })
    const partials = collectors.flatMap((collector) => collector?.take() ?? [])
    const resultsOf = (list: Partial[]) => {
      const merger = exchange?.merge(newStores())
      const results: unknown[] = []
      const out = { ...nowhere, emit: ({ value }: Message<unknown>) => void results.push(value) }
      for (const one of list) merger?.message(plainMessage(one) as Message<Partial>, out)
      for (const _ of merger?.watermark?.(Infinity, out) ?? []) continue
      return results
    }
    const shuffled = [...partials].sort((a, b) => order(a) - order(b))
    t.true(resultsOf(partials).length > 0)
    t.deepEqual(resultsOf(shuffled), resultsOf(partials))
  },
)

test('a window with allowed lateness is emitted that much later', async (t) => {
  const keyed = await feed(
    at('09:10', sale('nz', 'L', 1)),
    watermark('10:04'),
    barrier(),
    watermark('10:05'),
    barrier(),
  ).run(keyBy(fields('country')))
  const windowed = await feed(...keyed.items).run(
    window(tumbling(hours(1)), { allowedLateness: minutes(5) }),
  )
  const { items } = await feed(...windowed.items).run(reduce({ sales: count() }))
  t.deepEqual(
    items.map((item) => item.constructor.name),
    ['Watermark', 'Barrier', 'Chunk', 'Watermark', 'Barrier'],
  )
})
