import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { hours, minutes } from '../../lib/duration.ts'
import { Watermark } from '../../lib/message.ts'
import { newStores } from '../../lib/state/stores.ts'
import { at, barrier, clock, feed, watermark } from '../../lib/testing.ts'
import { eventTime } from '../../operators/event-time.ts'
import { cuts, runLane } from './lane.ts'

/** An event that says its time itself; its record may have a timestamp of its own. */
const event = (time: string, timestamp?: string) =>
  at('00:00', { at: clock(time) }, timestamp === undefined ? {} : { timestamp: clock(timestamp) })

const byItself = (outOfOrder = minutes(1)) =>
  eventTime((value: { at: number }) => value.at, { outOfOrder })

const timesOf = (items: readonly unknown[]) =>
  items.filter((item) => item instanceof Watermark).map(({ time }) => time)

test('an event has its own time, and the watermark of the events before it', async (t) => {
  const { messages } = await feed(event('09:00'), event('09:10'), event('09:05')).run(byItself())
  t.deepEqual(
    messages.map(({ time, watermark }) => [time, watermark]),
    [
      [clock('09:00'), -Infinity],
      [clock('09:10'), clock('08:59')],
      [clock('09:05'), clock('09:09')],
    ],
  )
})

test('an event without a time of its own may have that of its record', async (t) => {
  const { messages } = await feed(
    event('09:00', '09:01'),
    at('00:00', null, { timestamp: clock('09:10') }),
  ).run(eventTime((value, { timestamp }) => value?.at ?? timestamp, { outOfOrder: minutes(1) }))
  t.deepEqual(
    messages.map(({ time }) => time),
    [clock('09:00'), clock('09:10')],
  )
})

test('the watermark is sent once after a chunk, only when it has risen, and at the end', async (t) => {
  const { items } = await feed(
    event('09:00'),
    event('09:10'),
    barrier(),
    event('09:05'),
    barrier(),
  ).run(byItself())
  t.deepEqual(
    items.map((item) => item.constructor.name),
    ['Chunk', 'Watermark', 'Barrier', 'Chunk', 'Barrier'],
  )
  t.deepEqual(timesOf(items), [clock('09:09')])
  t.deepEqual(timesOf((await feed(event('09:00')).run(byItself())).items), [
    clock('08:59'),
    Infinity,
  ])
})

test('events ahead of their records’ timestamps do not move the watermark past those', async (t) => {
  const { messages } = await feed(event('09:30', '09:00'), event('09:00', '09:00')).run(byItself())
  t.is(messages[1]?.watermark, clock('08:59'))
})

test('the watermark never goes back, also when timestamps begin late', async (t) => {
  const { messages } = await feed(
    event('09:30'),
    event('09:00', '09:00'),
    event('09:00', '09:00'),
  ).run(byItself())
  t.deepEqual(
    messages.map((message) => message.watermark),
    [-Infinity, clock('09:29'), clock('09:29')],
  )
})

test('a time that is no whole number of ms is rejected and moves nothing', async (t) => {
  const wrong = [NaN, Infinity, 1.5, '2024-01-01', undefined, 2 ** 60].map((value) =>
    at('00:00', { at: value as number }),
  )
  const { values, rejected, items } = await feed(...wrong).run(byItself())
  t.deepEqual(values, [])
  t.true(rejected.every(({ reason }) => reason.startsWith('invalid event time: ')))
  t.is(rejected.length, wrong.length)
  t.deepEqual(timesOf(items), [Infinity])
})

test('a time too far after its record’s timestamp is rejected and moves nothing', async (t) => {
  const { values, rejected, items } = await feed(
    event('10:00', '09:00'),
    event('10:01', '09:00'),
    event('23:00'),
    barrier(),
  ).run(eventTime((value) => value.at, { outOfOrder: minutes(1), future: hours(1) }))
  t.deepEqual(values, [{ at: clock('10:00') }, { at: clock('23:00') }])
  t.regex(rejected[0]?.reason ?? '', /^future event time: \d+ is 3660000 ms after the record's/)
  t.deepEqual(timesOf(items), [clock('08:59')])
})

test('a watermark of other lanes is taken over when it is higher, and judged by', async (t) => {
  const { messages, items } = await feed(
    event('09:00'),
    watermark('10:00'),
    event('09:30'),
    watermark('09:00'),
    barrier(),
  ).run(byItself())
  t.is(messages[1]?.watermark, clock('10:00'))
  t.deepEqual(timesOf(items), [clock('08:59'), clock('10:00')])
})

test('a restart goes on with the watermark, and says it to what follows', async (t) => {
  const before = await feed(event('09:10'), barrier()).run(byItself())
  const after = await feed(barrier(), event('09:00'), barrier()).run(byItself(), before.stores)
  t.is(after.messages[0]?.watermark, clock('09:09'))
  t.deepEqual(timesOf(after.items), [clock('09:09')])
})

test('a watermark that was taken over is still judged by after a restart', async (t) => {
  const before = await feed(event('09:00'), barrier()).run(byItself())
  before.stores.all.get('progress')?.delta()
  const idle = await feed<{ at: number }>(watermark('10:00'), barrier()).run(
    byItself(),
    before.stores,
  )
  t.not(idle.stores.all.get('progress')?.delta(), undefined)
  const after = await feed(event('09:30'), barrier()).run(byItself(), idle.stores)
  t.is(after.messages[0]?.watermark, clock('10:00'))
})

test('the end of a finite run is not remembered, and what it has sealed is', async (t) => {
  const before = await feed(event('09:10')).run(byItself())
  const after = await feed(event('09:20')).run(byItself(), before.stores)
  t.is(after.messages[0]?.watermark, clock('09:09'))
  const sealed = await feed(event('09:20')).run(byItself(), newStores(clock('10:00')))
  t.is(sealed.messages[0]?.watermark, clock('10:00'))
})

test('an epoch in which nothing moved writes nothing', async (t) => {
  const { stores } = await feed(event('09:10'), barrier()).run(byItself())
  const store = stores.all.get('progress')
  store?.delta()
  const again = await feed(event('09:00'), barrier()).run(byItself(), stores)
  t.is(again.stores.all.get('progress')?.delta(), undefined)
})

test('options are checked when it is made', (t) => {
  const of = (options: { outOfOrder: number; idle?: number }) => () => eventTime(() => 0, options)
  t.throws(of({ outOfOrder: -1 }), { message: /outOfOrder of eventTime must be a duration/ })
  t.throws(of({ outOfOrder: 0, idle: 0 }), { message: /idle of eventTime .* above zero/ })
})

const times = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 1000 }),
    timestamp: fc.integer({ min: -1, max: 1000 }),
  }),
  { minLength: 1, maxLength: 60 },
)

testProp(
  'every message has the same watermark however the log is cut and wherever it restarts',
  [times, cuts],
  async (t, log, cut) => {
    const messages = log.map((value) => at('00:00', value, { timestamp: value.timestamp }))
    const build = () => [
      eventTime((value: { at: number }) => value.at, { outOfOrder: 50, future: 500 }),
    ]
    const seen = async (...rest: [] | [typeof cut]) => {
      const { messages: out, rejected } = await runLane(build, messages, ...rest)
      return [out.map(({ time, watermark }) => [time, watermark]), rejected.length]
    }
    t.deepEqual(await seen(cut), await seen())
  },
)
