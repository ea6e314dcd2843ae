import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { Chunk, CHUNK_MESSAGES, type Item } from '../../lib/message.ts'
import { newStores } from '../../lib/state/stores.ts'
import { at, feed } from '../../lib/testing.ts'
import { dedupe } from '../../operators/dedupe.ts'
import { filter } from '../../operators/filter.ts'
import { flatMap } from '../../operators/flat-map.ts'
import { cuts, runLane } from './lane.ts'

interface Order {
  readonly lines: readonly string[]
}

const order = (time: string, offset: number, ...lines: string[]) =>
  at<Order>(time, { lines }, { offset, bytes: Buffer.from(JSON.stringify({ lines })) })

const lines = () => flatMap((event: Order) => event.lines)

test('an event becomes none, one, or many, in their order and at its time', async (t) => {
  const orders = feed(order('09:00', 0, 'a', 'b'), order('09:01', 1), order('09:02', 2, 'c'))
  const { messages, operator } = await orders.run(lines())
  t.deepEqual(
    messages.map(({ value, time, index }) => [value, time - (messages[0]?.time ?? 0), index]),
    [
      ['a', 0, 0],
      ['b', 0, 1],
      ['c', 120_000, 0],
    ],
  )
  t.deepEqual(operator.fates, { dropped: 1, rejected: 0, expanded: 1 })
})

test('what it makes has bytes of its own, and what it leaves as it is keeps those of the record', async (t) => {
  const event = { ...order('09:00', 7, 'a'), verbatim: true }
  const made = (await feed(event).run(lines())).messages[0]
  t.is(made?.record.bytes?.toString(), '"a"')
  t.deepEqual([made?.record.offset, made?.verbatim], [7, false])
  const same = (await feed(event).run(flatMap((whole) => [whole]))).messages[0]
  t.is(same?.record, event.record)
  t.true(same?.verbatim)
})

test('a generator is asked for more only as downstream takes it', async (t) => {
  let made = 0
  const stream = flatMap(function* (n: number) {
    for (; made < n; made++) yield made
  })
  stream.bind({ state: newStores(), reject: () => undefined })
  stream.write(new Chunk([at('09:00', 100_000)]))
  let seen = 0
  for await (const item of stream as AsyncIterable<Item<number>>) {
    if (item instanceof Chunk) seen += item.messages.length
    t.true(made - seen <= 2 * CHUNK_MESSAGES, `${made - seen} are held`)
    if (seen === 100_000) break
  }
  t.is(seen, 100_000)
})

test('an event for which it throws is rejected, at once or for the rest', async (t) => {
  const { values, rejected } = await feed(at('09:00', 0), at('09:01', 2), at('09:02', 1)).run(
    flatMap(function* (n: number) {
      yield `${n}.0`
      if (n === 2) throw new RangeError('no more of 2')
      yield `${n}.1`
    }),
  )
  t.deepEqual(values, ['0.0', '0.1', '2.0', '1.0', '1.1'])
  t.deepEqual(
    rejected.map(({ reason, message }) => [reason, message.value]),
    [['RangeError: no more of 2', 2]],
  )
  const none = await feed(order('09:00', 0)).run(flatMap(() => undefined as unknown as string[]))
  t.regex(none.rejected[0]?.reason ?? '', /^TypeError: .*iterable/)
})

const orders = fc
  .array(
    fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 }), { maxLength: 4 }),
    {
      maxLength: 30,
    },
  )
  .map((all) => all.map((groups, offset) => at('09:00', groups, { offset })))

testProp(
  'however it is cut and restarted, an expansion of an expansion gives the same events under the same numbers',
  [orders, cuts],
  async (t, messages, cut) => {
    const build = () => [
      flatMap((groups: string[][]) => groups),
      filter((group: string[]) => group[0] !== 'd'),
      flatMap((group: string[]) => group),
      dedupe((letter: string) => letter, { within: 1 }),
      flatMap((letter: string) => [letter, letter]),
    ]
    const shape = async (outcome: ReturnType<typeof runLane>) =>
      (await outcome).messages.map(({ value, record, index }) => [value, record.offset, index])
    const whole = await shape(runLane(build, messages))
    t.deepEqual(await shape(runLane(build, messages, cut)), whole)
    const numbers = whole.map(([, offset, index]) => `${Number(offset)} ${Number(index)}`)
    t.is(new Set(numbers).size, numbers.length)
  },
)

test('the function is handed the record that the event was read from', async (t) => {
  const record = { topic: 'orders', key: 'k', headers: { trace: 'x' }, offset: 7 }
  const read = feed(at('09:00', 'a', record))
  t.deepEqual(
    await read.through(flatMap((_: string, { topic, key }) => [topic, key?.toString()])),
    ['orders', 'k'],
  )
})
