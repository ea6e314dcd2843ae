import test from 'ava'
import type { UpstreamPosition } from '../../../lib/commit/record.ts'
import { hours } from '../../../lib/duration.ts'
import { isFarAhead } from '../../../lib/lane/skew.ts'

const HOURLY = [{ id: 'totals', spans: hours(1) }]

const at = (time: number, other: Partial<UpstreamPosition> = {}): UpstreamPosition => ({
  index: 1,
  watermarks: { totals: time },
  ...other,
})

/** Whether the first of several is far ahead. */
const isFirstFar = (...lanes: UpstreamPosition[]): boolean =>
  isFarAhead(lanes[0]!, lanes, HOURLY, undefined)

test('a lane may be twice the longest window ahead of the slowest, and no further', (t) => {
  t.false(isFirstFar(at(hours(2)), at(0)))
  t.true(isFirstFar(at(hours(2) + 1), at(0)))
  t.true(isFirstFar(at(hours(2) + 1), at(hours(9)), at(0)))
})

test('the slowest is never far ahead, whatever is known of it', (t) => {
  t.false(isFirstFar(at(0), at(hours(9))))
  t.false(isFirstFar(at(-Infinity), at(-Infinity)))
  t.false(isFirstFar({ index: 0, watermarks: {} }, at(hours(9))))
})

test('who has had no watermark yet holds all others up', (t) => {
  t.true(isFirstFar(at(0), { index: 0, watermarks: {} }))
})

test('nobody waits for lanes that are left, and they for nobody', (t) => {
  t.false(isFirstFar(at(hours(9)), at(0, { left: true }), at(hours(8))))
  t.false(isFirstFar(at(hours(9), { left: true }), at(0)))
})

test('who has ended the finite run holds nobody up; an earlier run means nothing', (t) => {
  const lanes = [at(hours(9)), at(0, { ended: 3 })]
  t.false(isFarAhead(lanes[0]!, lanes, HOURLY, 3))
  t.true(isFarAhead(lanes[0]!, lanes, HOURLY, 4))
  t.true(isFarAhead(lanes[0]!, lanes, HOURLY, undefined))
})

test('windows of a minute may be an hour apart; of several exchanges each counts', (t) => {
  const minutely = [{ id: 'totals', spans: 60_000 }]
  const lanes = [at(hours(1)), at(0)]
  t.false(isFarAhead(lanes[0]!, lanes, minutely, undefined))
  const days = [{ id: 'days', spans: hours(24) }, ...minutely]
  const both = [
    { index: 1, watermarks: { totals: hours(2), days: hours(2) } },
    { index: 1, watermarks: { totals: 0, days: 0 } },
  ]
  t.true(isFarAhead(both[0]!, both, days, undefined))
})
