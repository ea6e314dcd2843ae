import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { byTime } from '../../../../lib/s3/partitioner/by-time.ts'
import type { TimeUnit } from '../../../../lib/s3/partitioner/epoch-time.ts'
import type { FieldTime } from '../../../../lib/s3/partitioner/time-of-message.ts'
import { at } from '../../../../lib/testing.ts'

type Field = Omit<FieldTime<unknown>, 'field'>

/** The time in a field, to the millisecond, as its folder shows it. */
const read = (value: unknown, field: Field, zone?: string): string =>
  byTime("YYYY-MM-dd'T'HH-mm-ss-SSS", {
    by: { field: 'meta.at', ...field },
    ...(zone !== undefined && { zone }),
  })(at('09:00', { meta: { at: value } }), 0)

const iso = (text: string, zone?: string): string => read(text, { unit: 'iso' }, zone)

const LOGIN = '2022-10-23T16-07-05-123'

test('a number counts in the unit that is said, whatever carries it', (t) => {
  const ms = 1_666_541_225_123
  t.is(read(ms, { unit: 'ms' }), LOGIN)
  t.is(read(String(ms), { unit: 'ms' }), LOGIN)
  t.is(read(BigInt(ms), { unit: 'ms' }), LOGIN)
  t.is(read(ms / 1e3, { unit: 's' }), LOGIN)
  t.is(read('1666541225.123', { unit: 's' }), LOGIN)
  t.is(read(1_666_541_225n, { unit: 's' }), '2022-10-23T16-07-05-000')
  t.is(read(ms * 1e3 + 999, { unit: 'us' }), LOGIN)
  t.is(read(BigInt(ms) * 1_000_000n + 999_999n, { unit: 'ns' }), LOGIN)
  t.is(read(`${ms}999999`, { unit: 'ns' }), LOGIN)
  t.is(read(new Date(ms), { unit: 'ns' }), LOGIN)
})

test('a text of digits is no date, and no number of another unit', (t) => {
  t.is(read('20150402', { unit: 'ms' }), '1970-01-01T05-35-50-402')
  t.is(read('20150402', { unit: 's' }), '1970-08-22T05-20-02-000')
  t.is(read('20150402', { unit: 'iso' }), '2015-04-02T00-00-00-000')
})

test('numbers before 1970 are rounded down as well', (t) => {
  const last = '1969-12-31T23-59-59-999'
  t.is(read(-1, { unit: 'us' }), last)
  t.is(read(-1n, { unit: 'us' }), last)
  t.is(read('-1', { unit: 'ns' }), last)
  t.is(read(-0.001, { unit: 's' }), last)
  t.is(read(-1_000n, { unit: 'us' }), last)
  t.is(read(-0.5, { unit: 'ms' }), last)
})

test('ISO 8601 is read in the forms that it is written in', (t) => {
  for (const text of [
    '2022-10-23T16:07:05.123Z',
    '2022-10-23t16:07:05.123z',
    '2022-10-23T16:07:05,123999Z',
    '2022-10-23 16:07:05.123+00:00',
    '2022-10-23T18:07:05.123+02:00',
    '2022-10-23T18:07:05.123+02',
    '2022-10-23T11:37:05.123-0430',
    '20221023T160705.123Z',
  ])
    t.is(iso(text), LOGIN)
  t.is(iso('2022-10-23T16:07Z'), '2022-10-23T16-07-00-000')
  t.is(iso('2022-10-23T16:07:05.1Z'), '2022-10-23T16-07-05-100')
  t.is(iso('0099-02-28T24'.replace('24', '23')), '0099-02-28T23-00-00-000')
})

test('a time without a zone is one in the zone of the folders', (t) => {
  t.is(iso('2022-10-23T16:07:05'), '2022-10-23T16-07-05-000')
  const zone = 'America/Los_Angeles'
  t.is(iso('2022-10-23T16:07:05', zone), '2022-10-23T16-07-05-000')
  t.is(iso('2022-10-23', zone), '2022-10-23T00-00-00-000')
  t.is(iso('2022-10-23T16:07:05Z', zone), '2022-10-23T09-07-05-000')
})

test('of a time that clocks show twice it is the first, of one left out an hour later', (t) => {
  const folderOf = byTime('HH:mm X'.replace(':', '-'), {
    by: { field: 'at', unit: 'iso' },
    zone: 'Europe/Berlin',
  })
  const folder = (text: string): string => folderOf(at('09:00', { at: text }), 0)
  t.is(folder('2025-10-26T02:30:00'), '02-30 %2B02')
  t.is(folder('2025-10-26T03:00:00'), '03-00 %2B01')
  t.is(folder('2025-03-30T02:30:00'), '03-30 %2B02')
  t.is(folder('2025-03-30T01:59:59'), '01-59 %2B01')
})

test('a text is read by the letters that paths are written in', (t) => {
  const as = (text: string, pattern: string): string => read(text, { pattern })
  t.is(as('23/Oct/2022:16:07:05 +0000', 'dd/MMM/yyyy:HH:mm:ss Z'), '2022-10-23T16-07-05-000')
  t.is(as('23/oct/2022:18:07:05 +0200', 'dd/MMM/yyyy:HH:mm:ss Z'), '2022-10-23T16-07-05-000')
  t.is(as('2022.10.23', 'YYYY.MM.dd'), '2022-10-23T00-00-00-000')
  t.is(as('10/3/22 4:07 PM', 'MM/d/yy h:mm a'), '2022-10-03T16-07-00-000')
  t.is(as('10/3/69 12:07 am', 'MM/d/yy h:mm a'), '1969-10-03T00-07-00-000')
  t.is(as('Sunday, 23 October 2022 at 16', "EEEE, d MMMM yyyy 'at' HH"), '2022-10-23T16-00-00-000')
  t.is(as('20221023160705123', 'yyyyMMddHHmmssSSS'), LOGIN)
})

test('names are read in the language asked for', (t) => {
  const folderOf = byTime('MM', { by: { field: 'at', pattern: 'd. MMMM yyyy' }, locale: 'de' })
  t.is(folderOf(at('09:00', { at: '3. März 2022' }), 0), '03')
})

test('a text in a zone of its own belongs in the folder of the message’s zone', (t) => {
  const folderOf = byTime<{ at: string; zone: string }>('YYYY-MM-dd', {
    by: { field: 'at', unit: 'iso' },
    zone: ({ value }) => value.zone,
  })
  const day = (at_: string, zone: string): string => folderOf(at('09:00', { at: at_, zone }), 0)
  t.is(day('2022-10-23T23:30:00', 'Asia/Tokyo'), '2022-10-23')
  t.is(day('2022-10-23T23:30:00Z', 'Asia/Tokyo'), '2022-10-24')
})

test('what is no time in the unit is rejected, with the value', (t) => {
  const reason = (value: unknown, field: Field): string | undefined =>
    t.throws(() => read(value, field), { instanceOf: TypeError })?.message
  t.is(reason('abc', { unit: 'ms' }), `no folder by the time in 'meta.at': "abc" is no time in ms`)
  t.regex(reason('2022-13-01', { unit: 'iso' }) ?? '', /"2022-13-01" is no time in ISO 8601$/)
  t.regex(reason(true, { unit: 'ms' }) ?? '', /: true is no time in ms$/)
  t.regex(reason([1], { unit: 'ms' }) ?? '', /an array is no time in ms$/)
  t.regex(reason(1, { unit: 'iso' }) ?? '', /: 1 is no time in ISO 8601$/)
  for (const text of ['1e12', ' 1', '0x10', '1_000', '9'.repeat(100_000)])
    reason(text, { unit: 'ms' })
  for (const value of [NaN, Infinity, 10n ** 40n, new Date(NaN)]) reason(value, { unit: 'ms' })
  for (const text of [
    '2022-02-29',
    '2022-10-23T24:00:00',
    '2022-10-23T16:60',
    '2022-10-23T16:00:60',
    '2022-10-23T16:00+25:00',
    '2022-10',
    '22-10-23',
    '2022-1023',
    ' 2022-10-23',
    '2022-10-23\n',
  ])
    reason(text, { unit: 'iso' })
  for (const text of ['23/Okt/2022', '32/Oct/2022', '23/Oct/22', '23/Oct/2022 '])
    reason(text, { pattern: 'dd/MMM/yyyy' })
  reason('13:00 PM 1/1/2022', { pattern: 'hh:mm a d/M/yyyy' })
})

test('a message without the time is rejected, or has the folder that is chosen', (t) => {
  for (const [value, kind] of [
    [undefined, 'missing'],
    [null, 'null'],
    ['', 'empty'],
  ] as const) {
    t.throws(() => read(value, { unit: 'iso' }), {
      instanceOf: TypeError,
      message: `no folder by the time in 'meta.at': the field is ${kind}`,
    })
    t.is(read(value, { unit: 'iso', [kind]: 'no time' }), 'no time')
  }
})

test('fields of a time that contradict themselves or are unknown are refused when it is made', (t) => {
  const refused = (field: Field | { unit: string }, message: RegExp): void =>
    void t.throws(() => read(0, field as Field), { name: 'SluiceError', code: 'config', message })
  refused({}, /needs either unit or pattern, not neither/)
  refused({ unit: 'ms', pattern: 'yyyy' }, /needs either unit or pattern, not both/)
  refused({ unit: 'minutes' }, /is 's', 'ms', 'us', 'ns' or 'iso', not 'minutes'/)
  refused({ pattern: 'HH:mm' }, /a year, a month and a day/)
  refused({ pattern: 'yyyy-MM-dd hh' }, /the hour of the day is HH/)
  refused({ pattern: 'yyyy-MM-dd w' }, /'w' is no letter/)
  refused({ unit: 'ms', missing: '..' }, /cannot be a folder/)
})

testProp(
  'a time is the same in every unit and in ISO 8601',
  [fc.integer({ min: Date.UTC(1), max: Date.UTC(9_999) })],
  (t, time) => {
    const folder = read(time, { unit: 'ms' })
    const perMs: Record<Exclude<TimeUnit, 's'>, bigint> = { ms: 1n, us: 1_000n, ns: 1_000_000n }
    for (const [unit, factor] of Object.entries(perMs)) {
      const value = BigInt(time) * factor + factor - 1n
      t.is(read(value, { unit: unit as TimeUnit }), folder)
      t.is(read(String(value), { unit: unit as TimeUnit }), folder)
    }
    t.is(iso(new Date(time).toISOString()), folder)
    t.is(read(new Date(time).toISOString(), { pattern: "yyyy-MM-dd'T'HH:mm:ss.SSSX" }), folder)
  },
)

test('the users of the sample are where Kafka Connect has them', (t) => {
  const layout = byTime<{ login_timestamp: string }>('year=YYYY/month=MM/day=dd/hour=HH', {
    by: { field: 'login_timestamp', unit: 'iso' },
    duration: 60_000,
    zone: 'UTC',
    locale: 'en-US',
  })
  const logins = {
    '2022-03-22T10:33:07Z': 'year=2022/month=03/day=22/hour=10',
    '2022-10-23T16:59:59Z': 'year=2022/month=10/day=23/hour=16',
    '2022-05-05T23:00:00Z': 'year=2022/month=05/day=05/hour=23',
    '2022-01-19T18:20:10Z': 'year=2022/month=01/day=19/hour=18',
    '2022-04-25T21:45:00Z': 'year=2022/month=04/day=25/hour=21',
    '2022-07-14T09:01:00Z': 'year=2022/month=07/day=14/hour=09',
  }
  for (const [login_timestamp, folder] of Object.entries(logins))
    t.is(layout(at('09:00', { login_timestamp }), 0), folder)
})
