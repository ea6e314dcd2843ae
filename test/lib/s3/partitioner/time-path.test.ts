import test from 'ava'
import { timePath } from '../../../../lib/s3/partitioner/time-path.ts'

const HOUR = 3_600_000

/** What a pattern makes of a local time. */
const written = (pattern: string, local = '2024-12-30T15:04:05.006Z', locale = 'en-US'): string =>
  timePath(pattern, locale).folderOf({
    local: new Date(local),
    offset: -8 * HOUR,
    zone: 'America/Los_Angeles',
  })

test('what users of Kafka Connect paste gives the folders that they have there', (t) => {
  const time = '2015-04-02T01:02:03.004Z'
  const folders = {
    "'year'=YYYY/'month'=MM/'day'=dd/'hour'=HH": 'year=2015/month=04/day=02/hour=01',
    "'year'=YYYY/'month'=M/'day'=d/'hour'=H/": 'year=2015/month=4/day=2/hour=1',
    "'year='YYYY/'month='MM": 'year=2015/month=04',
    'YYYY/MM/dd/HH': '2015/04/02/01',
    "'dt'=yyyy-MM-dd": 'dt=2015-04-02',
    "yyyyMMdd'T'HHmm": '20150402T0102',
    "'date='YYYY-MM-dd'/hour='HH": 'date=2015-04-02/hour=01',
    "'logs'/yy/D": 'logs/15/92',
  }
  for (const [pattern, folder] of Object.entries(folders)) t.is(written(pattern, time), folder)
})

test('a name before an equals sign needs no quotes', (t) => {
  t.is(written('year=YYYY/month=MM/day=dd/hour=HH'), 'year=2024/month=12/day=30/hour=15')
  t.is(written('dd=dd/event_day.2=dd'), 'dd=30/event_day.2=30')
  t.is(written('année=yyyy'), 'année=2024')
})

test('the year is that of the calendar, however it is written', (t) => {
  for (const letters of ['y', 'Y', 'yyyy', 'YYYY']) t.is(written(letters), '2024')
  for (const letters of ['yy', 'YY']) t.is(written(letters), '24')
  t.is(written('YYYYYY'), '002024')
  t.is(written('YYYY', '0007-01-01T00:00:00Z'), '0007')
  t.is(written('YYYY', '-000007-01-01T00:00:00Z'), '-0007')
})

test('weeks and the years that they belong to have letters of their own', (t) => {
  t.is(written("xxxx-'W'ww-e"), '2025-W01-1')
  t.is(written("xxxx-'W'ww-e", '2021-01-03T12:00:00Z'), '2020-W53-7')
  t.is(written("xxxx-'W'ww-e", '2023-01-01T00:00:00Z'), '2022-W52-7')
  t.is(written("xxxx-'W'ww-e", '2026-12-31T23:59:59Z'), '2026-W53-4')
})

test('every letter stands for its part of the time', (t) => {
  const parts = {
    'M MM': '12 12',
    'd dd': '30 30',
    'D DDD DDDD': '365 365 0365',
    'H HH': '15 15',
    'k K h a': '15 3 3 PM',
    'm mm': '4 04',
    's ss': '5 05',
    'S SS SSS SSSSS': '0 00 006 00600',
  }
  for (const [pattern, text] of Object.entries(parts)) t.is(written(pattern), text)
  t.is(written('h hh K k H a', '2024-12-30T00:00:00Z'), '12 12 0 24 0 AM')
  t.is(written('h hh K k H a', '2024-12-30T12:00:00Z'), '12 12 0 12 12 PM')
})

test('offsets are escaped like everything else', (t) => {
  t.is(written('X XX XXX'), '-08 -0800 -08%3A00')
  t.is(written('Z ZZ ZZZ'), '-0800 -08%3A00 America%2FLos_Angeles')
  const ahead = { local: new Date(0), offset: 5.75 * HOUR, zone: 'Asia/Kathmandu' }
  t.is(timePath('X XXX', 'en-US').folderOf(ahead), '%2B0545 %2B05%3A45')
  const utc = { local: new Date(0), offset: 0, zone: 'UTC' }
  t.is(timePath('X XXX Z ZZZ', 'en-US').folderOf(utc), 'Z Z %2B0000 UTC')
})

test('months and days have names in the language asked for', (t) => {
  t.is(written('MMM MMMM EEE EEEE'), 'Dec December Mon Monday')
  t.is(written('MMM MMMM EEE EEEE', '2024-12-29T00:00:00Z'), 'Dec December Sun Sunday')
  t.is(written('MMMM EEEE', undefined, 'de'), 'Dezember Montag')
  t.is(written('MMMM EEEE', undefined, 'fr-FR'), 'décembre lundi')
  t.is(written('MMMM', '2024-03-01T00:00:00Z', 'ja'), '3月')
  t.regex(written('YYYY MMMM', '2024-03-01T00:00:00Z', 'fa-IR'), /^2024 \D+$/)
})

test('quotes are around what is literal, and two are one', (t) => {
  t.is(written("'day of 'yyyy"), 'day of 2024')
  t.is(written("h 'o''clock' a"), "3 o'clock PM")
  t.is(written("yyyy''MM"), "2024'12")
  t.is(written("'year/of='yyyy"), 'year/of=2024')
})

test('what a path could misread is escaped in literals too, but for the first equals signs', (t) => {
  t.is(written('HH:mm+x=ss'.replace('x', "'x'")), '15%3A04%2Bx=05')
  t.is(written("'100%'/'a*?'HH"), '100%25/a%2A%3F15')
})

test('what no folder can be, or nobody means, is refused with what to write', (t) => {
  const refused = (pattern: string, message: RegExp): void =>
    void t.throws(() => timePath(pattern, 'en-US'), {
      name: 'SluiceError',
      code: 'config',
      message,
    })
  refused("'constant'", /says nothing of the time/)
  for (const pattern of ['', '/']) refused(pattern, /it is empty/)
  for (const pattern of ['YYYY//MM', '//YYYY', "YYYY'//'MM"]) refused(pattern, /a folder in it is/)
  for (const pattern of ['../YYYY', 'YYYY/./MM', "YYYY/'..'"]) refused(pattern, /'\.' or '\.\.'/)
  for (const pattern of ['YYYY\\MM', 'YYYY\n', "'\u0085'YYYY"]) refused(pattern, /backslash/)
  refused("'\ud800'YYYY", /surrogate/)
  refused("'year=YYYY", /quote does not end/)
  refused('logs/YYYY', /'l' is no letter of a time/)
  refused('YYYY-MM-ddTHH', /'T' is no letter .* put quotes around/)
  for (const letter of ['G', 'C', 'L', 'u', 'z', 'q']) refused(`YYYY${letter}`, /is no letter/)
})

test('the usual slips are refused with the letter that was meant', (t) => {
  const refused = (pattern: string, message: RegExp): void =>
    void t.throws(() => timePath(pattern, 'en-US'), { code: 'config', message })
  refused('year=YYYY/month=MM/day=DD/hour=HH', /the day of the month is dd/)
  refused('YYYY/MM/dd/hh', /the hour of the day is HH/)
  refused('YYYY/mm/dd', /the month is MM/)
  refused("year='YYYY'/month='MM'", /'YYYY' is literal: quotes are around what is/)
  t.is(written('minute=mm'), 'minute=04')
})
