import test from 'ava'
import { days, hours, minutes } from '../../lib/duration.ts'
import { Watermark } from '../../lib/message.ts'
import { newStores } from '../../lib/state/stores.ts'
import { at, clock, feed, watermark } from '../../lib/testing.ts'
import type { Keyed } from '../../operators/key-by.ts'
import { window } from '../../operators/window.ts'
import { hopping, tumbling } from '../../operators/windows.ts'

const view: Keyed<string, unknown> = {
  event: 'view',
  kind: 'joined',
  names: ['key'],
  parts: ['a'],
}
const hourly = (allowedLateness?: number) => window(tumbling(hours(1)), { allowedLateness })

test('an event goes on with its windows, its key and its own time', async (t) => {
  const { messages } = await feed(at('09:10', view)).run(hourly())
  const pane = tumbling(hours(1)).paneOf(clock('09:10'))
  t.deepEqual(messages[0]?.value, { ...view, pane, end: clock('10:00') })
  t.is(messages[0]?.time, clock('09:10'))
})

test('an event is late once the watermark has reached the end of its window', async (t) => {
  const { values, rejected } = await feed(
    watermark('09:59:59.999'),
    at('09:10', view),
    watermark('10:00'),
    at('09:10', view),
    at('10:00', view),
  ).run(hourly())
  t.is(values.length, 2)
  t.deepEqual(
    rejected.map(({ reason, message }) => [reason, message.time]),
    [['late', clock('09:10')]],
  )
})

test('with allowed lateness an event counts so much longer, and results wait for it', async (t) => {
  const { values, rejected, items } = await feed(
    watermark('10:04'),
    at('09:10', view),
    watermark('10:05'),
    at('09:10', view),
  ).run(hourly(minutes(5)))
  t.deepEqual([values.length, rejected.length], [1, 1])
  t.deepEqual(
    items.filter((item) => item instanceof Watermark).map(({ time }) => time),
    [clock('09:59'), clock('10:00'), Infinity],
  )
})

test('a window that an earlier run has closed stays closed, and the reason says so', async (t) => {
  const { values, rejected } = await feed(at('09:10', view), at('10:00', view)).run(
    hourly(minutes(5)),
    newStores(clock('10:00')),
  )
  t.is(values.length, 1)
  t.is(rejected[0]?.reason, 'window closed by an earlier run')
})

const hoppingHours = () =>
  window(hopping({ size: hours(1), every: minutes(20) }), { allowedLateness: minutes(5) })

test('with hopping windows an event counts from the first window on that is not over for it', async (t) => {
  const { values, rejected } = await feed(
    watermark('09:24:59.999'),
    at('09:10', view),
    watermark('09:25'),
    at('09:10', view),
    watermark('10:04:59.999'),
    at('09:10', view),
    watermark('10:05'),
    at('09:10', view),
  ).run(hoppingHours())
  t.deepEqual(
    values.map(({ pane, end }) => [pane.start, end]),
    [
      [clock('09:00'), clock('09:20')],
      [clock('09:00'), clock('09:40')],
      [clock('09:00'), clock('10:00')],
    ],
  )
  t.deepEqual(
    rejected.map(({ reason }) => reason),
    ['late'],
  )
})

test('of hopping windows those that an earlier run has closed stay closed', async (t) => {
  const { values, rejected } = await feed(
    at('09:10', view),
    at('09:30', view),
    watermark('10:30'),
    at('09:30', view),
  ).run(hoppingHours(), newStores(clock('10:00')))
  t.deepEqual(
    values.map(({ end }) => end),
    [clock('10:20')],
  )
  t.deepEqual(
    rejected.map(({ reason }) => reason),
    ['window closed by an earlier run', 'late'],
  )
})

test('a day of 25 hours takes events to its last hour', async (t) => {
  const { values, rejected } = await feed(
    watermark('2024-10-27T22:59:59.999Z'),
    at('2024-10-26T22:00Z', view),
    watermark('2024-10-27T23:00Z'),
    at('2024-10-27T22:59:59.999Z', view),
    at('2024-10-27T23:00Z', view),
  ).run(window(tumbling(days(1), { zone: 'Europe/Berlin' })))
  t.deepEqual(
    values.map(({ end }) => end),
    [clock('2024-10-27T23:00Z'), clock('2024-10-28T23:00Z')],
  )
  t.is(rejected.length, 1)
})

test('an event without a time stops the stream and says what is missing', async (t) => {
  await t.throwsAsync(feed({ ...at('09:00', view), time: -Infinity }).run(hourly()), {
    message: /put eventTime/,
  })
})
