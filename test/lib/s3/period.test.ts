import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { days, hours, minutes } from '../../../lib/duration.ts'
import { periodEnd } from '../../../lib/s3/period.ts'

const endOf = (time: string, period: number, zone?: string): string =>
  new Date(periodEnd(Date.parse(time), period, zone)).toISOString()

test('a period ends at the next multiple of it, and one begins there', (t) => {
  t.is(endOf('2024-07-01T12:34:56Z', minutes(10)), '2024-07-01T12:40:00.000Z')
  t.is(endOf('2024-07-01T12:40:00Z', minutes(10)), '2024-07-01T12:50:00.000Z')
  t.is(endOf('1969-12-31T23:59:59Z', hours(1)), '1970-01-01T00:00:00.000Z')
})

test('periods count from local midnight in a zone', (t) => {
  t.is(endOf('2024-07-01T12:34:56Z', hours(1), 'Asia/Kathmandu'), '2024-07-01T13:15:00.000Z')
  t.is(endOf('2024-07-01T12:34:56Z', days(1), 'Europe/Berlin'), '2024-07-01T22:00:00.000Z')
})

test('the hour that happens twice is one period, and the one that is skipped is none', (t) => {
  t.is(endOf('2024-10-27T00:30:00Z', hours(1), 'Europe/Berlin'), '2024-10-27T02:00:00.000Z')
  t.is(endOf('2024-10-27T01:30:00Z', hours(1), 'Europe/Berlin'), '2024-10-27T02:00:00.000Z')
  t.is(endOf('2024-03-31T00:30:00Z', hours(1), 'Europe/Berlin'), '2024-03-31T01:00:00.000Z')
  t.is(endOf('2024-03-31T01:30:00Z', hours(1), 'Europe/Berlin'), '2024-03-31T02:00:00.000Z')
})

testProp(
  'a period ends after every instant in it, which is at most an hour longer than it is',
  [
    fc.integer({ min: 0, max: 4e12 }),
    fc.constantFrom(minutes(1), minutes(30), hours(1), hours(6), days(1)),
    fc.constantFrom(undefined, 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe'),
  ],
  (t, time, period, zone) => {
    const end = periodEnd(time, period, zone)
    t.true(end > time)
    t.true(end - time <= period + hours(1))
    t.true(periodEnd(end - 1, period, zone) >= end)
  },
)
