import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { byField, hourly, nested } from '../../../lib/s3/partitioner.ts'
import { at } from '../../../lib/testing.ts'

const MAX_TIME = 8.64e15

const country = (value: string | number | boolean | null | undefined): string =>
  byField('country')(at('09:00', { country: value }), 0)

test('an hour of event time is a folder in UTC', (t) => {
  t.is(hourly()(at('2025-03-17T08:20:57.865Z', null), 0), 'year=2025/month=03/day=17/hour=08')
})

test('the last millisecond of an hour is in its folder and the next one is not', (t) => {
  const folderOf = hourly()
  t.is(folderOf(at('2024-12-31T23:59:59.999Z', null), 0), 'year=2024/month=12/day=31/hour=23')
  t.is(folderOf(at('2025-01-01T00:00:00.000Z', null), 0), 'year=2025/month=01/day=01/hour=00')
})

test('a time before 1970 is in the hour that it lies in', (t) => {
  t.is(hourly()(at('1969-12-31T23:59:59.999Z', null), 0), 'year=1969/month=12/day=31/hour=23')
})

test('by record, the hour is that of the timestamp in the log', (t) => {
  const message = at('09:00', null, { timestamp: Date.UTC(2025, 2, 17, 8) })
  t.is(hourly({ by: 'record' })(message, 0), 'year=2025/month=03/day=17/hour=08')
})

test('a message without an event time has no hour, and the error says what to do', (t) => {
  const message = { ...at('09:00', null), time: -Infinity }
  t.throws(() => hourly()(message, 0), {
    instanceOf: TypeError,
    message: /put eventTime\(…\) before/,
  })
})

testProp(
  'every hour has one folder, which says when it begins',
  [fc.integer({ min: -62_000_000_000_000, max: 250_000_000_000_000 })],
  (t, time) => {
    const parts = /^year=(\d{4})\/month=(\d\d)\/day=(\d\d)\/hour=(\d\d)$/.exec(
      hourly()({ ...at('09:00', null), time }, 0),
    )
    const [year = 0, month = 0, day = 0, hour = 0] = (parts ?? []).slice(1).map(Number)
    const start = new Date(0)
    start.setUTCFullYear(year, month - 1, day)
    start.setUTCHours(hour)
    t.true(start.getTime() <= time && time < start.getTime() + 3_600_000)
  },
)

testProp(
  'an hour is the same whatever was asked for before',
  [fc.array(fc.integer({ min: -MAX_TIME, max: MAX_TIME }), { minLength: 1, maxLength: 600 })],
  (t, times) => {
    const folderOf = hourly()
    const all = [...times, ...times].map((time) => ({ ...at('09:00', null), time }))
    t.deepEqual(
      all.map(folderOf),
      all.map((message) => hourly()(message, 0)),
    )
  },
  { numRuns: 20 },
)

test('a field is a folder, and what is harmless in it stays as it is', (t) => {
  t.is(country("O'Keefe, O'Conner and Ullrich"), "country=O'Keefe, O'Conner and Ullrich")
  t.is(country('Côte d’Ivoire'), 'country=Côte d’Ivoire')
  t.is(country('日本'), 'country=日本')
  t.is(country(7), 'country=7')
  t.is(country(false), 'country=false')
})

test('what a path or a reader of folders could misread is written as the bytes of its UTF-8', (t) => {
  t.is(country('a/b\\c'), 'country=a%2Fb%5Cc')
  t.is(country('%=+:*?"<>|'), 'country=%25%3D%2B%3A%2A%3F%22%3C%3E%7C')
  t.is(country('\u0000\n\u007f\u0085'), 'country=%00%0A%7F%C2%85')
  t.is(country('.'), 'country=%2E')
  t.is(country('..'), 'country=%2E%2E')
  t.is(country('a.b'), 'country=a.b')
})

test('a missing value, null and the empty text have folders of their own', (t) => {
  t.is(country(null), 'country=__HIVE_DEFAULT_PARTITION__')
  t.is(country(undefined), 'country=__HIVE_DEFAULT_PARTITION__')
  t.is(country(''), 'country=%')
})

test('the name of a field is escaped like its value', (t) => {
  t.is(byField('a/b')(at('09:00', { 'a/b': 1 }), 0), 'a%2Fb=1')
})

test('a text that no key can hold is refused and not remembered', (t) => {
  const folderOf = byField('country')
  const message = at('09:00', { country: 'x'.repeat(1_025) })
  t.throws(() => folderOf(message, 0), { instanceOf: TypeError, message: /1025 characters/ })
  t.throws(() => folderOf(message, 0), { instanceOf: TypeError })
})

testProp(
  'the value can be read back from its folder, which is one segment',
  [
    fc.string({
      unit: fc.oneof(
        fc.constantFrom('%', '/', '\\', '.', '=', '\u0000', '\u0085'),
        fc.string({ unit: 'binary' }),
      ),
    }),
  ],
  (t, value) => {
    const segment = country(value).slice('country='.length)
    t.false(['', '.', '..'].includes(segment) || /[/\\\p{Cc}]/u.test(segment))
    t.is(segment === '%' ? '' : decodeURIComponent(segment), value)
  },
)

testProp(
  'a field has the same folder whatever was asked for before',
  [fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { maxLength: 700 })],
  (t, values) => {
    const folderOf = byField('country')
    const all = [...values, ...values].map((value) => at('09:00', { country: value }))
    t.deepEqual(
      all.map(folderOf),
      all.map((message) => byField('country')(message, 0)),
    )
  },
  { numRuns: 20 },
)

test('more folders than are remembered are still told apart', (t) => {
  const folderOf = byField('user')
  const users = Array.from({ length: 1_000 }, (_, user) => user)
  const folders = [...users, ...users].map((user) => folderOf(at('09:00', { user }), 0))
  t.deepEqual(
    folders,
    [...users, ...users].map((user) => `user=${user}`),
  )
})

test('nested folders have the first partitioner outermost', (t) => {
  const folderOf = nested(byField('company'), byField('country'), hourly())
  t.is(
    folderOf(at('2022-10-23T16:00:00Z', { company: 'Block Group', country: 'France' }), 0),
    'company=Block Group/country=France/year=2022/month=10/day=23/hour=16',
  )
})

test('a partitioner that gives no folder leaves no empty segment', (t) => {
  const none = (): string => ''
  const message = at('09:00', { country: 'NZ' })
  t.is(nested(none, byField('country'))(message, 0), 'country=NZ')
  t.is(nested(byField('country'), none)(message, 0), 'country=NZ')
  t.is(nested(none, none)(message, 0), '')
})
