import test from 'ava'
import { hours, minutes } from '../../lib/duration.ts'
import { Watermark } from '../../lib/message.ts'
import { newStores } from '../../lib/state/stores.ts'
import { at, clock, feed, watermark } from '../../lib/testing.ts'
import type { Keyed } from '../../operators/key-by.ts'
import { tumbling, window } from '../../operators/window.ts'

const view: Keyed<string, unknown> = {
  event: 'view',
  kind: 'joined',
  names: ['key'],
  parts: ['a'],
}
const hourly = (allowedLateness?: number) => window(tumbling(hours(1)), { allowedLateness })

test('windows touch, are half open and aligned to the epoch, also before it', (t) => {
  const { startsOf } = tumbling(hours(1))
  t.deepEqual(startsOf(clock('09:00')), [clock('09:00')])
  t.deepEqual(startsOf(clock('09:59:59.999')), [clock('09:00')])
  t.deepEqual(startsOf(clock('10:00')), [clock('10:00')])
  t.deepEqual(startsOf(-1), [-hours(1)])
  t.throws(() => tumbling(0), { message: /size of tumbling/ })
})

test('an event goes on with its windows, its key and its own time', async (t) => {
  const { messages } = await feed(at('09:10', view)).run(hourly())
  t.deepEqual(messages[0]?.value, { ...view, starts: [clock('09:00')], size: hours(1) })
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

test('an event without a time stops the stream and says what is missing', async (t) => {
  await t.throwsAsync(feed({ ...at('09:00', view), time: -Infinity }).run(hourly()), {
    message: /put eventTime/,
  })
})
