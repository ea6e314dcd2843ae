import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { days, hours, minutes, seconds } from '../../lib/duration.ts'
import { clock } from '../../lib/testing.ts'
import { type Assigner, assignerOf, hopping, tumbling } from '../../operators/windows.ts'

const HOUR = hours(1)
const windowsOf = (assigner: Assigner, time: string) =>
  assigner.paneOf(clock(time)).windows.map(({ start, end }) => [textOf(start), textOf(end)])
const textOf = (time: number) => new Date(time).toISOString().slice(0, 16)

test('tumbling windows touch, are half open and aligned to the epoch, also before it', (t) => {
  const { paneOf } = tumbling(HOUR)
  const nine = { start: clock('09:00'), end: clock('10:00') }
  t.deepEqual(paneOf(clock('09:00')), { ...nine, windows: [nine], layout: undefined })
  t.is(paneOf(clock('09:59:59.999')), paneOf(clock('09:00')))
  t.is(paneOf(clock('10:00')).start, clock('10:00'))
  t.is(paneOf(-1).start, -HOUR)
})

test('hopping windows overlap, and an event is in each that holds its time', (t) => {
  const assigner = hopping({ size: HOUR, every: minutes(20) })
  t.deepEqual(windowsOf(assigner, '09:10'), [
    ['2024-01-01T08:20', '2024-01-01T09:20'],
    ['2024-01-01T08:40', '2024-01-01T09:40'],
    ['2024-01-01T09:00', '2024-01-01T10:00'],
  ])
})

test('a size that is no multiple of the hop has two panes a hop', (t) => {
  const { paneOf } = hopping({ size: minutes(50), every: minutes(20) })
  t.deepEqual(
    ['09:00', '09:09:59.999', '09:10', '09:20'].map((time) => {
      const { start, end, windows } = paneOf(clock(time))
      return [textOf(start).slice(11), textOf(end).slice(11), windows.length]
    }),
    [
      ['09:00', '09:10', 3],
      ['09:00', '09:10', 3],
      ['09:10', '09:20', 2],
      ['09:20', '09:30', 3],
    ],
  )
})

test('days of a zone are as long as the calendar has them', (t) => {
  const berlin = tumbling(days(1), { zone: 'Europe/Berlin' })
  const dayAt = (time: string) => windowsOf(berlin, time)
  t.deepEqual(dayAt('2024-03-31T12:00Z'), [['2024-03-30T23:00', '2024-03-31T22:00']])
  t.deepEqual(dayAt('2024-10-27T12:00Z'), [['2024-10-26T22:00', '2024-10-27T23:00']])
  t.deepEqual(dayAt('2024-10-26T21:59Z'), [['2024-10-25T22:00', '2024-10-26T22:00']])
  t.is(berlin.longest, hours(25))
})

test('a day that begins at one in the morning, and one that never was', (t) => {
  const sao = tumbling(days(1), { zone: 'America/Sao_Paulo' })
  t.deepEqual(windowsOf(sao, '2017-10-15T03:00Z'), [['2017-10-15T03:00', '2017-10-16T02:00']])
  const apia = tumbling(days(1), { zone: 'Pacific/Apia' })
  t.deepEqual(windowsOf(apia, '2011-12-30T09:59Z'), [['2011-12-29T10:00', '2011-12-30T10:00']])
  t.deepEqual(windowsOf(apia, '2011-12-30T10:00Z'), [['2011-12-30T10:00', '2011-12-31T10:00']])
})

test('a week of a zone that begins every day', (t) => {
  const assigner = hopping({ size: days(7), every: days(1), zone: 'Europe/Berlin' })
  const weeks = windowsOf(assigner, '2024-03-31T12:00Z')
  t.is(weeks.length, 7)
  t.deepEqual(weeks.at(0), ['2024-03-24T23:00', '2024-03-31T22:00'])
  t.deepEqual(weeks.at(-1), ['2024-03-30T23:00', '2024-04-06T22:00'])
})

test('what cannot be laid out is refused, and the message names the option', (t) => {
  const refused: [() => Assigner, RegExp][] = [
    [() => tumbling(0), /size of tumbling must be a duration above zero/],
    [() => tumbling(seconds(1 / 3)), /size of tumbling must be whole milliseconds/],
    [() => hopping({ size: HOUR, every: NaN }), /every of hopping must be a duration/],
    [() => hopping({ size: HOUR, every: hours(2) }), /every of hopping .* is above its size/],
    [() => hopping({ size: days(1), every: seconds(1) }), /into 86400 windows, and 1440 are the/],
    [() => tumbling(HOUR, { zone: 'Europe/Berlin' }), /size of tumbling must be whole days where/],
    [
      () => hopping({ size: days(1), every: hours(12), zone: 'Europe/Berlin' }),
      /every of hopping must be whole days where it has a zone/,
    ],
    [() => tumbling(days(1), { zone: 'Berlin' }), /no time zone 'Berlin'/],
  ]
  for (const [make, message] of refused) t.throws(make, { code: 'config', message })
})

const layouts = fc
  .record({ every: fc.integer({ min: 1, max: 40 }), more: fc.integer({ min: 0, max: 200 }) })
  .map(({ every, more }) => ({ size: every + more, every }))

testProp(
  'a pane is in all windows that hold its times, and in no others',
  [layouts, fc.integer({ min: -1_000, max: 1_000 })],
  (t, { size, every }, time) => {
    const expected = []
    for (let start = -2_000; start <= 2_000; start++)
      if (start % every === 0 && start <= time && time < start + size)
        expected.push({ start: start + 0, end: start + size })
    const { start, end, windows } = hopping({ size, every }).paneOf(time)
    t.deepEqual(windows, expected)
    t.true(start <= time && time < end)
    for (const edge of [start, end - 1])
      t.deepEqual(hopping({ size, every }).paneOf(edge).windows, windows)
  },
)

const zoned = fc.record({
  zone: fc.constantFrom(
    'Europe/Berlin',
    'America/Sao_Paulo',
    'Asia/Beirut',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Asia/Kathmandu',
  ),
  every: fc.integer({ min: 1, max: 3 }),
  more: fc.integer({ min: 0, max: 6 }),
  time: fc.integer({ min: Date.UTC(1900), max: Date.UTC(2030) }),
})

testProp(
  'windows of a zone touch or overlap without a gap, and a layout makes them again',
  [zoned],
  (t, { zone, every, more, time }) => {
    const layout = { size: days(every + more), every: days(every), zone }
    const assigner = hopping(layout)
    const pane = assigner.paneOf(time)
    t.true(pane.start <= time && time < pane.end)
    t.is(assigner.paneOf(pane.end).start, pane.end)
    t.is(assigner.paneOf(pane.start - 1).end, pane.start)
    for (const { start, end } of pane.windows) {
      t.true(start <= pane.start && pane.end <= end)
      t.true(end - start <= assigner.longest)
    }
    t.deepEqual(assignerOf(layout).paneOf(time), pane)
  },
  { numRuns: 60 },
)
