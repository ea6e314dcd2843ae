import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { days, hours, milliseconds, minutes } from '../../lib/duration.ts'
import { definePipeline } from '../../lib/index.ts'
import {
  type Assigner,
  count,
  eventTime,
  hopping,
  keyBy,
  map,
  parse,
  reduce,
  sum,
  tumbling,
  window,
} from '../../operators/index.ts'
import { Process } from '../faults/process.ts'
import { type Counted, hops, localDays, Recount, type WindowsOf } from '../operators/recount.ts'
import { problemsOf } from './audit.ts'
import { linesOf } from './contents.ts'
import { TOPIC } from './views.ts'
import { append, newWorld, runToEnd, type World } from './world.ts'

interface Case {
  readonly name: string
  readonly assigner: () => Assigner
  readonly windowsOf: WindowsOf
  /** Event times begin here, and go on by steps of about so much. */
  readonly start: number
  readonly step: number
}

const cases: readonly Case[] = [
  {
    name: 'hopping windows, a multiple of the hop',
    assigner: () => hopping({ size: hours(1), every: minutes(15) }),
    windowsOf: hops(hours(1), minutes(15)),
    start: Date.parse('2023-12-01T09:00Z'),
    step: minutes(10),
  },
  {
    name: 'hopping windows, no multiple of the hop',
    assigner: () => hopping({ size: minutes(50), every: minutes(20) }),
    windowsOf: hops(minutes(50), minutes(20)),
    start: Date.parse('2023-12-01T09:00Z'),
    step: minutes(10),
  },
  {
    name: 'days of a zone whose clocks go forward',
    assigner: () => tumbling(days(1), { zone: 'America/Sao_Paulo' }),
    windowsOf: localDays('America/Sao_Paulo'),
    start: Date.parse('2017-10-14T12:00Z'),
    step: hours(4),
  },
]

const outOfOrderOf = ({ step }: Case) => step
const latenessOf = ({ step }: Case) => step / 2

const pipelineOf = (one: Case) =>
  definePipeline('windows', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC })
      .through(parse())
      .through(map((event) => event as Counted))
      .through(
        eventTime((event) => event.at, { outOfOrder: outOfOrderOf(one), future: hours(1e6) }),
      )
      .through(keyBy((event) => event.key))
      .through(window(one.assigner(), { allowedLateness: latenessOf(one) }))
      .through(reduce({ events: count(), sum: sum((event) => event.n) }))
      .to(s3({ prefix: 'totals' }))
    rejected.to(s3({ prefix: 'rejected' }))
  })

/** What each lane gets before each run. */
const logsOf = (one: Case): fc.Arbitrary<Counted[][][]> => {
  const lane = fc.array(
    fc.record({
      hop: fc.integer({ min: -4, max: 5 }),
      key: fc.constantFrom('a', 'b', 'c'),
      n: fc.integer({ min: -9, max: 9 }),
    }),
    { maxLength: 15 },
  )
  return fc.integer({ min: 1, max: 3 }).chain((lanes) =>
    fc
      .array(fc.array(lane, { minLength: lanes, maxLength: lanes }), {
        minLength: 1,
        maxLength: 3,
      })
      .map((runs) => {
        const now = Array.from({ length: lanes }, () => one.start)
        return runs.map((run) =>
          run.map((events, i) =>
            events.map(({ hop, key, n }) => ({
              at: (now[i] = (now[i] as number) + hop * one.step),
              key,
              n,
            })),
          ),
        )
      }),
  )
}

const recordsOf = (lanes: readonly (readonly Counted[])[]) =>
  lanes.flatMap((events, partition) =>
    events.map((event) => ({ key: event.key, value: JSON.stringify(event), partition })),
  )

interface RejectedRow {
  readonly reason: string
  readonly partition: number
  readonly offset: number
}

const rejectedIn = ({ store }: World): string[] =>
  linesOf(store, 'rejected')
    .map((line) => JSON.parse(line) as RejectedRow)
    .map(
      ({ reason, partition, offset }) =>
        `${partition} ${reason === 'late' ? reason : 'closed'} ${offset}`,
    )

for (const one of cases)
  testProp(
    `${one.name}: over any lanes, runs and kills, what is in the bucket is what a recount of the log says`,
    [logsOf(one), fc.integer({ min: 1, max: 6 }), fc.array(fc.integer({ min: 1, max: 60 }))],
    async (t, runs, batchRecords, kills) => {
      const world = await newWorld(runs[0]?.length ?? 1, { batchRecords })
      const recount = new Recount({
        windowsOf: one.windowsOf,
        outOfOrder: outOfOrderOf(one),
        allowedLateness: latenessOf(one),
      })
      const offsets = runs[0]?.map(() => 0) ?? []
      const expected = { totals: [] as string[], rejected: [] as string[] }
      for (const [number, lanes] of runs.entries()) {
        await append(world, recordsOf(lanes))
        const options = { pipeline: pipelineOf(one), commitEvery: milliseconds(0) }
        const fatal = kills[number]
        if (fatal !== undefined)
          await new Process(world, options, (call) =>
            call.number === fatal ? 'killed after it is carried out' : undefined,
          ).over()
        await runToEnd(world, options)
        const { results, rejected } = recount.run(lanes)
        expected.totals.push(...results)
        for (const text of rejected) {
          const [lane = '', reason, position] = text.split(' ')
          const offset = (offsets[Number(lane)] as number) + Number(position)
          expected.rejected.push(`${lane} ${reason} ${offset}`)
        }
        for (const [lane, events] of lanes.entries())
          offsets[lane] = (offsets[lane] as number) + events.length
      }
      t.deepEqual(linesOf(world.store, 'totals').toSorted(), expected.totals.toSorted())
      t.deepEqual(rejectedIn(world).toSorted(), expected.rejected.toSorted())
      t.deepEqual(problemsOf(world.store), [])
    },
    { numRuns: 25 },
  )

test('an event that is late for some of its windows counts in the others only', async (t) => {
  const [one] = cases as [Case]
  const event = (time: string, n: number): Counted => ({
    at: Date.parse(`2023-12-01T${time}Z`),
    key: 'a',
    n,
  })
  const world = await newWorld(2)
  // The first lane's watermark is 10:05 when its last event comes: the window that ends at 10:00 is over, and 10:15 is not
  await append(world, recordsOf([[event('10:15', 1), event('09:50', 2)], [event('09:50', 4)]]))
  await runToEnd(world, { pipeline: pipelineOf(one) })
  const sums = linesOf(world.store, 'totals').map((line) => {
    const { window, sum } = JSON.parse(line) as { window: { end: number }; sum: number }
    return [new Date(window.end).toISOString().slice(11, 16), sum]
  })
  t.deepEqual(sums, [
    ['10:00', 4],
    ['10:15', 6],
    ['10:30', 7],
    ['10:45', 7],
    ['11:00', 1],
    ['11:15', 1],
  ])
})
