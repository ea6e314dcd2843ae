import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { hours, minutes } from '../../../../lib/duration.ts'
import type { Message } from '../../../../lib/message.ts'
import { byInterval } from '../../../../lib/s3/partitioner/by-interval.ts'
import {
  byTime,
  type ByTimeOptions,
  daily,
  hourly,
} from '../../../../lib/s3/partitioner/by-time.ts'
import { at } from '../../../../lib/testing.ts'

/** A year less than a `Date` holds. */
const MAX_TIME = 8.64e15 - 366 * 86_400_000

/** The folder of an event time. */
const folderAt = (time: string | number, pattern: string, options?: ByTimeOptions<unknown>) =>
  byTime(pattern, options)(
    typeof time === 'string' ? at(time, null) : { ...at('09:00', null), time },
    0,
  )

const hour = (time: string | number): string => folderAt(time, 'year=YYYY/month=MM/day=dd/hour=HH')

test('an hour or a day of event time is a folder in UTC', (t) => {
  const message = at('2025-03-17T08:20:57.865Z', null)
  t.is(hourly()(message, 0), 'year=2025/month=03/day=17/hour=08')
  t.is(daily()(message, 0), 'year=2025/month=03/day=17')
})

test('the last millisecond of an hour is in its folder and the next one is not', (t) => {
  const folderOf = hourly()
  t.is(folderOf(at('2024-12-31T23:59:59.999Z', null), 0), 'year=2024/month=12/day=31/hour=23')
  t.is(folderOf(at('2025-01-01T00:00:00.000Z', null), 0), 'year=2025/month=01/day=01/hour=00')
})

test('a time before 1970 is in the hour that it lies in', (t) => {
  t.is(hour(-1), 'year=1969/month=12/day=31/hour=23')
  t.is(hour(-3_600_000), 'year=1969/month=12/day=31/hour=23')
  t.is(hour(-3_600_001), 'year=1969/month=12/day=31/hour=22')
  t.is(folderAt(-1, 'HH-mm-ss-SSS', { duration: hours(2) }), '22-00-00-000')
})

test('the time is that of the event, of the record, or the wall clock as the epoch began', (t) => {
  const message = at('2025-03-17T08:00:00Z', null, { timestamp: Date.UTC(2025, 2, 17, 9) })
  const tick = Date.UTC(2025, 2, 17, 10)
  const folder = (by?: 'event' | 'record' | 'tick') => byTime('HH', { by })(message, tick)
  t.deepEqual(
    [folder(), folder('event'), folder('record'), folder('tick')],
    ['08', '08', '09', '10'],
  )
})

test('a message without an event time has no folder, and the error says what to do', (t) => {
  t.throws(() => hour(-Infinity), { instanceOf: TypeError, message: /put eventTime\(…\) before/ })
})

test('a time that no calendar has is refused', (t) => {
  for (const time of [Infinity, NaN, MAX_TIME + 1])
    t.throws(() => hour(time), { instanceOf: TypeError, message: /^a time out of range: / })
  t.is(hour(MAX_TIME), 'year=275759/month=09/day=13/hour=00')
  t.is(hour(-MAX_TIME), 'year=-271820/month=04/day=20/hour=00')
  t.is(folderAt(MAX_TIME, 'dd-HH', { zone: 'Pacific/Kiritimati' }), '13-14')
  t.is(folderAt(-MAX_TIME, 'DDD', { zone: 'Pacific/Niue' }), '110')
  t.throws(() => folderAt(-MAX_TIME, 'DDD', { duration: 1e14 }), { message: /out of range/ })
})

test('a folder is called after the local time of a zone', (t) => {
  const time = '2015-04-02T08:00:00Z'
  const pattern = "'year'=YYYY/'month'=M/'day'=d/'hour'=H/"
  t.is(folderAt(time, pattern, { zone: 'America/Los_Angeles' }), 'year=2015/month=4/day=2/hour=1')
  t.is(folderAt(time, 'dd-HH-mm', { zone: 'Asia/Kathmandu' }), '02-13-45')
  t.is(folderAt('2025-01-01T00:00:00Z', 'YYYY-MM-dd', { zone: 'Asia/Kolkata' }), '2025-01-01')
  t.is(folderAt('2024-12-31T18:29:59Z', 'YYYY-MM-dd', { zone: 'Asia/Kolkata' }), '2024-12-31')
  t.is(folderAt('2024-12-31T18:30:00Z', 'YYYY-MM-dd', { zone: 'Asia/Kolkata' }), '2025-01-01')
})

test('the hour that comes twice is told apart by its offset, where the pattern has it', (t) => {
  const zone = 'America/Denver'
  const [first, second] = ['2025-11-02T07:30:00Z', '2025-11-02T08:30:00Z']
  t.is(folderAt(first, 'hour=HH', { zone }), 'hour=01')
  t.is(folderAt(second, 'hour=HH', { zone }), 'hour=01')
  t.is(folderAt(first, 'hour=HHX', { zone }), 'hour=01-06')
  t.is(folderAt(second, 'hour=HHX', { zone }), 'hour=01-07')
  const folderOf = byTime('hour=HHX', { zone })
  const twice = [first, second, first, second].map((time) => folderOf(at(time, null), 0))
  t.deepEqual(twice, ['hour=01-06', 'hour=01-07', 'hour=01-06', 'hour=01-07'])
})

test('an hour that is left out has no folder', (t) => {
  const zone = 'Europe/Berlin'
  t.is(folderAt('2025-03-30T00:59:59.999Z', 'HH', { zone }), '01')
  t.is(folderAt('2025-03-30T01:00:00Z', 'HH', { zone }), '03')
})

test('midnight is where the clocks of the zone have it, also where it is left out', (t) => {
  const zone = 'America/Santiago'
  t.is(folderAt('2024-09-08T03:59:59.999Z', 'YYYY-MM-dd HH', { zone }), '2024-09-07 23')
  t.is(folderAt('2024-09-08T04:00:00Z', 'YYYY-MM-dd HH', { zone }), '2024-09-08 01')
})

test('each message may have a zone of its own', (t) => {
  const folderOf = byTime<{ tz: string }>('YYYY-MM-dd', { zone: ({ value }) => value.tz })
  const day = (tz: string): string => folderOf(at('2025-01-01T11:00:00Z', { tz }), 0)
  t.is(day('Pacific/Kiritimati'), '2025-01-02')
  t.is(day('Pacific/Niue'), '2025-01-01')
  t.is(day('Pacific/Kiritimati'), '2025-01-02')
  t.throws(() => day('Mars/Olympus'), { message: /there is no time zone 'Mars\/Olympus'/ })
  // and never that of the machine
  t.throws(() => folderOf(at('11:00', {} as { tz: string }), 0), { message: /no time zone/ })
})

test('a folder holds as much time as its duration says', (t) => {
  const quarter = { duration: minutes(15) }
  t.is(folderAt('2025-03-17T08:29:59.999Z', 'HH-mm', quarter), '08-15')
  t.is(folderAt('2025-03-17T08:30:00Z', 'HH-mm', quarter), '08-30')
  t.is(folderAt('2025-03-17T08:20:57Z', 'HH', { duration: 60_000 }), '08')
  const halfDay = { duration: hours(12), zone: 'Asia/Kolkata' }
  t.is(folderAt('2025-03-17T08:20:57Z', 'dd-HH', halfDay), '17-12')
})

test('folders of parts of a day are called from the minute to the year', (t) => {
  const folderOf = byInterval(minutes(30))
  const at2014 = (time: string): string => folderOf(at(`2014-11-15T${time}Z`, null), 0)
  t.is(at2014('13:29:59.999'), '00-13-15-11-2014')
  t.is(at2014('13:30:00'), '30-13-15-11-2014')
  t.is(at2014('13:59:59'), '30-13-15-11-2014')
  t.is(at2014('14:00:00'), '00-14-15-11-2014')
  t.is(byInterval(hours(24))(at('2014-11-15T13:00:00Z', null), 0), '00-00-15-11-2014')
})

test('an interval is a part of a day', (t) => {
  for (const length of [0, -60_000, 30_000, minutes(7), hours(48), NaN, Infinity])
    t.throws(() => byInterval(length), { name: 'SluiceError', code: 'config' })
})

test('zones, languages, durations and times that there are not are refused when it is made', (t) => {
  const refused = (options: object, message: RegExp): void =>
    void t.throws(() => byTime('HH', options), { name: 'SluiceError', code: 'config', message })
  refused({ zone: 'Mars/Olympus' }, /there is no time zone/)
  refused({ zone: '' }, /there is no time zone/)
  refused({ locale: 'US' }, /no language is known as 'US'/)
  refused({ locale: '' }, /no language is known as ''/)
  refused({ locale: 'en_US' }, /no language is known as 'en_US'/)
  for (const duration of [0, -1, 1.5, NaN, Infinity]) refused({ duration }, /duration of byTime/)
  refused({ by: 'now' }, /a time is by 'event', 'record', 'tick' or/)
})

const anyZone = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Apia',
)
const anyTime = fc.integer({ min: -62_000_000_000_000, max: 250_000_000_000_000 })

testProp('every hour has one folder, which says when it begins', [anyTime], (t, time) => {
  const parts = /^year=(\d{4})\/month=(\d\d)\/day=(\d\d)\/hour=(\d\d)$/.exec(hour(time))
  const [year = 0, month = 0, day = 0, hours = 0] = (parts ?? []).slice(1).map(Number)
  const start = new Date(0)
  start.setUTCFullYear(year, month - 1, day)
  start.setUTCHours(hours)
  t.true(start.getTime() <= time && time < start.getTime() + 3_600_000)
})

testProp(
  'a local time is the one that the calendar of the platform shows',
  [fc.integer({ min: Date.UTC(1950), max: Date.UTC(2040) }), anyZone],
  (t, time, zone) => {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    }).formatToParts(time)
    const shown = (['year', 'month', 'day', 'hour', 'minute', 'second'] as const).map(
      (type) => parts.find((part) => part.type === type)?.value,
    )
    t.is(folderAt(time, 'YYYY MM dd HH mm ss', { zone }), shown.join(' '))
  },
)

testProp(
  'a time has the same folder whatever was asked for before',
  [
    fc.array(fc.integer({ min: -MAX_TIME, max: MAX_TIME }), { minLength: 1, maxLength: 600 }),
    anyZone,
  ],
  (t, times, zone) => {
    const folderOf = hourly({ zone })
    const folder = (message: Message<null>, of = folderOf): string => {
      try {
        return of(message, 0)
      } catch (error) {
        return String(error)
      }
    }
    const all = [...times, ...times].map((time) => ({ ...at('09:00', null), time }))
    t.deepEqual(
      all.map((message) => folder(message)),
      all.map((message) => folder(message, hourly({ zone }))),
    )
  },
  { numRuns: 10 },
)
