import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { hours, minutes, seconds } from '../../lib/duration.ts'
import { zoneOf } from '../../lib/zone.ts'

const DAY = hours(24)
const instant = (time: string): number => Date.parse(time)
const dayNumber = (date: string): number => Date.parse(date) / DAY

/** The local date and time of an instant as if it were UTC: what clocks show, by another way than the one that is tested. */
function shownAt(name: string, time: number): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  const date = Date.UTC(part('year'), part('month') - 1, part('day'))
  return date + hours(part('hour')) + minutes(part('minute')) + seconds(part('second'))
}

for (const [name, time, offset] of [
  ['Europe/Berlin', '2024-03-31T00:59:59.999Z', hours(1)],
  ['Europe/Berlin', '2024-03-31T01:00:00Z', hours(2)],
  ['Asia/Kolkata', '2024-01-01T00:00:00Z', hours(5.5)],
  ['Asia/Kathmandu', '2024-01-01T00:00:00Z', hours(5.75)],
  ['America/New_York', '1960-01-01T00:00:00Z', hours(-5)],
  ['Europe/Berlin', '1850-01-01T00:00:00Z', minutes(53) + seconds(28)],
  ['Africa/Monrovia', '1972-01-07T00:44:29.999Z', -(minutes(44) + seconds(30))],
  ['Africa/Monrovia', '1972-01-07T00:44:30Z', 0],
  ['UTC', '2024-01-01T00:00:00Z', 0],
] as const)
  test(`clocks of ${name} are ${offset / hours(1)} hours ahead at ${time}`, (t) => {
    t.is(zoneOf(name).offsetAt(instant(time)), offset)
  })

for (const [what, name, date, start, length] of [
  ['clocks go forward', 'Europe/Berlin', '2024-03-31', '2024-03-30T23:00:00Z', hours(23)],
  ['clocks go back', 'Europe/Berlin', '2024-10-27', '2024-10-26T22:00:00Z', hours(25)],
  ['by half an hour', 'Australia/Lord_Howe', '2024-04-07', '2024-04-06T13:00:00Z', hours(24.5)],
  ['as usual', 'Asia/Kolkata', '2024-01-01', '2023-12-31T18:30:00Z', hours(24)],
  ['before 1970', 'Europe/Berlin', '1893-04-01', '1893-03-31T23:06:32Z', hours(24) - 392_000],
  ['midnight is left out', 'America/Sao_Paulo', '2017-10-15', '2017-10-15T03:00:00Z', hours(23)],
  ['midnight is left out', 'Asia/Beirut', '2024-03-31', '2024-03-30T22:00:00Z', hours(23)],
  ['back at midnight', 'America/Sao_Paulo', '2018-02-17', '2018-02-17T02:00:00Z', hours(25)],
  ['back over midnight', 'America/St_Johns', '2005-10-30', '2005-10-30T02:30:00Z', hours(25)],
  ['the day before a skipped one', 'Pacific/Apia', '2011-12-29', '2011-12-29T10:00:00Z', hours(24)],
  ['a day that was skipped', 'Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00Z', 0],
  ['the day after', 'Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00Z', hours(24)],
  ['a day that was skipped', 'Pacific/Kwajalein', '1993-08-21', '1993-08-21T12:00:00Z', 0],
] as const)
  test(`${what}: the ${date} of ${name} has ${length / hours(1)} hours`, (t) => {
    const zone = zoneOf(name)
    const day = dayNumber(date)
    t.is(zone.startOfDay(day), instant(start))
    t.is(zone.startOfDay(day + 1) - zone.startOfDay(day), length)
  })

test('the day that has begun goes on where clocks go back over midnight', (t) => {
  const zone = zoneOf('America/St_Johns')
  // 00:00:30 on the 30th, and an hour later 23:01:30 on the 29th once more
  t.is(zone.dayOf(instant('2005-10-30T02:30:30Z')), dayNumber('2005-10-30'))
  t.is(zone.dayOf(instant('2005-10-30T02:31:30Z')), dayNumber('2005-10-30'))
  t.is(zone.dayOf(instant('2005-10-30T02:29:59Z')), dayNumber('2005-10-29'))
})

test('the longest days of a zone are those on which clocks went back', (t) => {
  t.is(zoneOf('UTC').longest(1), hours(24))
  t.is(zoneOf('Europe/Berlin').longest(1), hours(25))
  t.is(zoneOf('Europe/Berlin').longest(7), hours(169))
  t.is(zoneOf('Australia/Lord_Howe').longest(1), hours(25))
  t.is(zoneOf('Antarctica/Casey').longest(1), hours(27))
})

test('a name that is no zone is refused', (t) => {
  for (const name of ['Berlin', '', 'GMT+1'])
    t.throws(() => zoneOf(name), {
      code: 'config',
      message: /no time zone '.*': take an IANA name/,
    })
})

const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'))
const times = fc.integer({ min: Date.UTC(1850), max: Date.UTC(2040) })

testProp('an offset is what clocks show less what UTC is', [zones, times], (t, name, time) => {
  const second = Math.floor(time / 1_000) * 1_000
  t.is(zoneOf(name).offsetAt(time), shownAt(name, second) - second)
})

testProp(
  'a day begins at the first instant that shows it or a later one, and ends where the next begins',
  [zones, times],
  (t, name, time) => {
    const zone = zoneOf(name)
    const day = zone.dayOf(time)
    const [start, end] = [zone.startOfDay(day), zone.startOfDay(day + 1)]
    t.true(start <= time && time < end)
    t.true(end - start <= Math.max(zone.longest(1), hours(48)))
    t.true(shownAt(name, start) >= day * DAY)
    for (let before = start - 1; before > start - hours(30); before -= minutes(15))
      t.true(shownAt(name, before) < day * DAY, `${new Date(before).toISOString()}`)
  },
  { numRuns: 30 },
)

test('a local time is an instant: of two the first, of none as late after the change as without it', (t) => {
  const zone = zoneOf('Europe/Berlin')
  t.is(zone.instantOf(Date.UTC(2025, 6, 1, 12)), Date.UTC(2025, 6, 1, 10))
  t.is(zone.instantOf(Date.UTC(2025, 9, 26, 2, 30)), Date.UTC(2025, 9, 26, 0, 30))
  t.is(zone.instantOf(Date.UTC(2025, 9, 26, 3)), Date.UTC(2025, 9, 26, 2))
  t.is(zone.instantOf(Date.UTC(2025, 2, 30, 1, 59)), Date.UTC(2025, 2, 30, 0, 59))
  t.is(zone.instantOf(Date.UTC(2025, 2, 30, 2, 30)), Date.UTC(2025, 2, 30, 1, 30))
  t.is(zone.instantOf(Date.UTC(2025, 2, 30, 3)), Date.UTC(2025, 2, 30, 1))
})

testProp(
  'an instant is the one of its local time, unless that comes twice',
  [zones, fc.integer({ min: Date.UTC(1975), max: Date.UTC(2037) })],
  (t, name, time) => {
    const zone = zoneOf(name)
    const local = time + zone.offsetAt(time)
    const instant = zone.instantOf(local)
    t.true(instant <= time)
    t.is(instant + zone.offsetAt(instant), local)
  },
)
