import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { minutes } from '../../lib/duration.ts'
import { at, barrier, feed, watermark } from '../../lib/testing.ts'
import { dedupe } from '../../operators/dedupe.ts'
import { eventTime } from '../../operators/event-time.ts'
import { cuts, runLane } from './lane.ts'

const a = { guid: 'a' }
const b = { guid: 'b' }
const byGuid = () => dedupe((view: { guid: string }) => view.guid, { within: minutes(10) })

test('an identity repeats only after its span has passed', async (t) => {
  const views = feed(at('09:00', a), at('09:09', a), at('09:10', a))
  t.deepEqual(await views.through(byGuid()), [a, a])
})

test('an identity may be that of the record', async (t) => {
  const changes = feed(
    at('09:00', 1, { key: 'a' }),
    at('09:01', 2, { key: 'b' }),
    at('09:02', 3, { key: 'a' }),
  )
  const byKey = dedupe((_: number, { key }) => String(key), { within: minutes(10) })
  t.deepEqual(await changes.through(byKey), [1, 2])
})

test('the first in the log is kept, also when it is not the earliest', async (t) => {
  const { messages, operator } = await feed(at('09:05', a), at('09:00', a), at('09:00', b)).run(
    byGuid(),
  )
  t.deepEqual(
    messages.map(({ value, time }) => [value, time]),
    [
      [a, at('09:05', a).time],
      [b, at('09:00', b).time],
    ],
  )
  t.deepEqual(operator.fates, { dropped: 1, rejected: 0, expanded: 0 })
})

test('an event as old as the watermark minus the span is judged, an older one is rejected', async (t) => {
  const { values, rejected } = await feed(
    at('08:50', a),
    watermark('09:00'),
    at('08:50', a),
    at('08:50', b),
    at('08:49', b),
  ).run(byGuid())
  t.deepEqual(values, [a, b])
  t.deepEqual(
    rejected.map(({ reason, message }) => [reason, message.time]),
    [['late', at('08:49', b).time]],
  )
})

test('a duplicate is still one after a restart', async (t) => {
  const before = await feed(at('09:00', a), barrier()).run(byGuid())
  const after = await feed(at('09:09', a), at('09:09', b)).run(byGuid(), before.stores)
  t.deepEqual(after.values, [b])
})

test('the end of a finite run forgets nothing', async (t) => {
  const before = await feed(at('09:00', a)).run(byGuid())
  const after = await feed(at('09:09', a)).run(byGuid(), before.stores)
  t.deepEqual(after.values, [])
})

test('what can no longer be asked for is forgotten', async (t) => {
  const many = Array.from({ length: 2000 }, (_, i) => at('08:00', { guid: `${i}` }))
  const sizeAfter = async (time: string) =>
    (await feed(...many, watermark(time), barrier()).run(byGuid())).stores.all.get('kept')?.memory
  t.true(((await sizeAfter('08:19')) ?? 0) > 2000 * 24)
  t.is(await sizeAfter('08:30'), 0)
})

test('an event without an identity is rejected', async (t) => {
  const { rejected } = await feed(at('09:00', {} as typeof a)).run(byGuid())
  t.is(rejected[0]?.reason, 'TypeError: the identity of an event must be a text, not undefined')
})

test('the span is checked when it is made', (t) => {
  t.throws(() => dedupe(String, { within: 0 }), { message: /within of dedupe/ })
})

const WITHIN = 20
const log = fc.array(
  fc.record({ guid: fc.constantFrom('a', 'b', 'c'), at: fc.integer({ min: 0, max: 300 }) }),
  { minLength: 1, maxLength: 80 },
)

testProp(
  'it keeps, drops and rejects the same however the log is cut and wherever it restarts',
  [log, cuts],
  async (t, events, cut) => {
    const build = () => [
      eventTime((event: { at: number }) => event.at, { outOfOrder: 15 }),
      dedupe((event: { guid: string }) => event.guid, { within: WITHIN }),
    ]
    const { messages, rejected } = await runLane(
      build,
      events.map((event) => at('00:00', event)),
      cut,
    )
    t.deepEqual(
      { kept: messages.map(({ value }) => value), rejected: rejected.length },
      naively(events),
    )
  },
)

/** The definition, over a list of everything that was ever kept. */
function naively(events: { guid: string; at: number }[]) {
  const kept: typeof events = []
  let rejected = 0
  let newest = -Infinity
  for (const event of events) {
    if (event.at < newest - 15 - WITHIN) rejected++
    else if (!kept.some((old) => old.guid === event.guid && Math.abs(old.at - event.at) < WITHIN))
      kept.push(event)
    newest = Math.max(newest, event.at)
  }
  return { kept, rejected }
}
