import test from 'ava'
import { at, feed } from '../../lib/testing.ts'
import { map } from '../../operators/map.ts'

test('every event becomes what the function makes of it, at the same time', async (t) => {
  const { messages } = await feed(at('09:00', 1), at('09:01', 2)).run(map((n) => n * 10))
  t.deepEqual(
    messages.map(({ value, time }) => [value, time]),
    [
      [10, at('09:00', 0).time],
      [20, at('09:01', 0).time],
    ],
  )
})

test('an event for which the function throws is rejected, and only that one', async (t) => {
  const lengths = map((text: string | null) => (text as string).length)
  const { values, rejected } = await feed(at('09:00', 'a'), at('09:01', null)).run(lengths)
  t.deepEqual(values, [1])
  t.is(rejected[0]?.thrown, 'TypeError')
})

test('a value that was replaced is no longer what the bytes say', async (t) => {
  const event = { ...at('09:00', { n: 1 }), verbatim: true }
  const copied = await feed(event).run(map((value) => ({ ...value })))
  const same = await feed(event).run(map((value) => value))
  t.deepEqual([copied.messages[0]?.verbatim, same.messages[0]?.verbatim], [false, true])
})

test('the function is handed the record that the event was read from', async (t) => {
  const record = { topic: 'orders', key: 'k', headers: { trace: 'x' }, offset: 7 }
  const read = feed(at('09:00', 'a', record))
  t.deepEqual(
    await read.through(
      map((_: string, { topic, key, headers, offset }) => [
        topic,
        key?.toString(),
        headers?.['trace']?.toString(),
        offset,
      ]),
    ),
    [['orders', 'k', 'x', 7]],
  )
})
