import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { days, hours, minutes } from '../../lib/duration.ts'
import { Chunk } from '../../lib/message.ts'
import { at, barrier, clock, feed, watermark } from '../../lib/testing.ts'
import { eventTime } from '../../operators/event-time.ts'
import { type Keyed, keyBy } from '../../operators/key-by.ts'
import { CLOSED } from '../../operators/late.ts'
import { reduce } from '../../operators/reduce.ts'
import { count, sum } from '../../operators/reducers.ts'
import { window } from '../../operators/window.ts'
import { type Assigner, hopping, tumbling } from '../../operators/windows.ts'
import { cuts, runLane } from './lane.ts'
import { type Counted, hops, localDays, Recount, type WindowsOf } from './recount.ts'

interface Case {
  readonly name: string
  readonly assigner: () => Assigner
  readonly windowsOf: WindowsOf
  /** Event times lie about here, and so far apart. */
  readonly around: number
  readonly span: number
}

const cases: readonly Case[] = [
  {
    name: 'tumbling',
    assigner: () => tumbling(60),
    windowsOf: hops(60, 60),
    around: 0,
    span: 400,
  },
  {
    name: 'hopping, a multiple of the hop',
    assigner: () => hopping({ size: 120, every: 30 }),
    windowsOf: hops(120, 30),
    around: 0,
    span: 400,
  },
  {
    name: 'hopping, no multiple of the hop',
    assigner: () => hopping({ size: 100, every: 30 }),
    windowsOf: hops(100, 30),
    around: 0,
    span: 400,
  },
  ...(
    [
      ['Europe/Berlin', '2024-03-31T01:00Z'],
      ['Europe/Berlin', '2024-10-27T01:00Z'],
      ['America/Sao_Paulo', '2017-10-15T03:00Z'],
      ['Asia/Beirut', '2024-10-26T21:00Z'],
      ['Australia/Lord_Howe', '2024-04-06T15:00Z'],
      ['Asia/Kathmandu', '1969-12-31T18:15Z'],
      ['Pacific/Apia', '2011-12-30T10:00Z'],
    ] as const
  ).map(([zone, around]) => ({
    name: `days of ${zone} at ${around}`,
    assigner: () => tumbling(days(1), { zone }),
    windowsOf: localDays(zone),
    around: Date.parse(around),
    span: days(3),
  })),
]

/** Events about in order: each some time after the one before, or before it, and now and then exactly at an edge. */
const eventsOf = ({ around, span }: Case): fc.Arbitrary<Counted[]> =>
  fc
    .array(
      fc.record({
        step: fc.integer({ min: -Math.trunc(span / 8), max: Math.trunc(span / 6) }),
        edge: fc.constantFrom(false, false, true),
        key: fc.constantFrom('a', 'b'),
        n: fc.integer({ min: -9, max: 9 }),
      }),
      { minLength: 1, maxLength: 60 },
    )
    .map((steps) => {
      let now = around - Math.trunc(span / 2)
      return steps.map(({ step, edge, key, n }) => {
        now += step
        const unit = span >= days(1) ? hours(1) : 10
        return { at: edge ? Math.round(now / unit) * unit : now, key, n }
      })
    })

for (const one of cases)
  testProp(
    `${one.name}: results and late events are those of a recount, however the log is cut and wherever it restarts`,
    [eventsOf(one), cuts, fc.constantFrom(0, 0.02, 0.2), fc.constantFrom(0, 0.05, 0.3)],
    async (t, events, cut, disorder, lateness) => {
      const outOfOrder = Math.trunc(one.span * disorder)
      const allowedLateness = Math.trunc(one.span * lateness)
      const { messages, rejected } = await runLane(
        () => [
          eventTime((event: Counted) => event.at, { outOfOrder }),
          keyBy((event: Counted) => event.key),
          window(one.assigner(), { allowedLateness }),
          reduce<Counted, unknown, { events: number; sum: number }>({
            events: count(),
            sum: sum((event) => event.n),
          }),
        ],
        events.map((event) => at('00:00', event)),
        cut,
      )
      const recount = new Recount({ windowsOf: one.windowsOf, outOfOrder, allowedLateness })
      const expected = recount.run([events])
      t.deepEqual(
        messages.map(({ value }) => JSON.stringify(value)).sort(),
        expected.results.sort(),
      )
      t.deepEqual(
        rejected.map(
          ({ reason, message }) =>
            `0 ${reason === CLOSED ? 'closed' : reason} ${events.indexOf((message.value as Keyed<Counted, unknown>).event)}`,
        ),
        expected.rejected,
      )
    },
    { numRuns: 40 },
  )

const sixty = () => hopping({ size: hours(1), every: minutes(20) })

/** What a `reduce` is handed of these events. */
const windowed = async (...input: Parameters<typeof feed<Counted>>) => {
  const keyed = await feed<Counted>(...input).run(keyBy((event: Counted) => event.key))
  const { items } = await feed(...keyed.items).run(window(sixty()))
  return feed(...items)
}
const event = (key: string, n: number): Counted => ({ at: 0, key, n })
const total = () =>
  reduce<Counted, { key: string }, { sum: number }>({ sum: sum((event) => event.n) })

test('every hopping window is emitted once, in its time, with all of its panes', async (t) => {
  const input = await windowed(
    new Chunk([at('09:10', event('b', 1)), at('09:10', event('a', 2)), at('09:30', event('a', 4))]),
    watermark('09:19:59.999'),
    watermark('09:20'),
    watermark('10:00'),
  )
  const { items } = await input.run(total())
  t.deepEqual(
    items.map((item) =>
      item instanceof Chunk
        ? item.messages.map(
            ({ value: { key, sum }, time }) =>
              `${new Date(time + 1).toISOString().slice(11, 16)} ${key} ${sum}`,
          )
        : item.constructor.name,
    ),
    [
      'Watermark',
      ['09:20 a 2', '09:20 b 1'],
      'Watermark',
      ['09:40 a 6', '09:40 b 1', '10:00 a 6', '10:00 b 1'],
      'Watermark',
      ['10:20 a 4'],
      'Watermark',
    ],
  )
})

test('it keeps one total for each key and pane, over a restart, and drops it with its last window', async (t) => {
  const first = await (
    await windowed(
      new Chunk([
        at('09:10', event('a', 1)),
        at('09:11', event('a', 2)),
        at('09:30', event('a', 4)),
      ]),
      watermark('09:20'),
      barrier(),
    )
  ).run(total())
  const sizeOf = ({ stores }: typeof first): number => {
    const store = stores.all.get('open')
    return store && 'size' in store ? (store.size as number) : NaN
  }
  t.is(sizeOf(first), 2)
  const second = await (await windowed(watermark('10:00'), barrier())).run(total(), first.stores)
  t.deepEqual(
    second.values.map(({ sum }) => sum),
    [7, 7],
  )
  t.is(sizeOf(second), 1)
  const third = await (await windowed(watermark('10:20'), barrier())).run(total(), second.stores)
  t.deepEqual(
    third.values.map(({ window, sum }) => [window, sum]),
    [[{ start: clock('09:20'), end: clock('10:20') }, 4]],
  )
  t.is(sizeOf(third), 0)
})
