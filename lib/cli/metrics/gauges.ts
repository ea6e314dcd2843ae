import { Counter, Gauge, type Registry } from 'prom-client'
import type { Clock } from '../../clock.ts'
import { type CommitRecord, type LaneName, openIn } from '../../commit/record.ts'
import type { RunningLane, StartedRun } from '../../run/events.ts'
import type { HeldStore } from '../../state/state-limit.ts'
import type { Health } from '../health.ts'
import type { Meter } from '../meter.ts'

/** Where gauges look when they are asked. */
export interface Gauged {
  readonly clock: Clock
  readonly meter: Meter
  readonly health: Health
  /** Undefined until it has started. */
  run(): StartedRun | undefined
  /** Whether all objects of a record are visible. */
  isPublished(record: CommitRecord): boolean
}

type Labels = Readonly<Record<string, string | number>>
type Value = readonly [value: number, labels?: Labels]

const LANE = ['topic', 'partition', 'stage']

/** What a process holds: looked up whenever it is asked, and never in between. Of lanes, those that run here. */
export function registerGauges(registry: Registry, gauged: Gauged): void {
  const { meter, health } = gauged
  const gauge = (
    name: string,
    help: string,
    labels: string[],
    read: () => readonly Value[],
  ): void =>
    void new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [registry],
      collect() {
        this.reset()
        for (const [value, of = {}] of read()) this.set(of, value)
      },
    })
  const lanes = (): readonly RunningLane[] => gauged.run()?.lanes() ?? []
  const records = (): CommitRecord[] => lanes().flatMap(({ newest }) => newest ?? [])
  const stores = (): readonly HeldStore[] => gauged.run()?.state.stores ?? []
  const budget = (side: 'used' | 'limit'): Value[] => {
    const run = gauged.run()
    return run ? [[run.budget[side]]] : []
  }

  new Counter({
    name: 'sluice_records_read_total',
    help: 'Records fetched, also those that are read again',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(meter.records)
    },
  })
  gauge('sluice_ready', '1 while /readyz says that the pipeline is at work', [], () => [
    [health.readiness.ready ? 1 : 0],
  ])
  gauge('sluice_lanes', 'Lanes that run here', ['stage'], () =>
    sums(lanes().map(({ name: { stage } }) => [1, { stage }])),
  )
  gauge('sluice_lag_records', 'Records that are not committed yet', ['topic', 'partition'], () =>
    records().flatMap((record) => lagOf(record, meter)),
  )
  gauge('sluice_watermark_timestamp_seconds', 'Event time reached', LANE, () =>
    records()
      .filter(({ watermark }) => Number.isFinite(watermark))
      .map(({ lane, watermark }) => [watermark / 1_000, labelsOf(lane)]),
  )
  gauge('sluice_commit_timestamp_seconds', 'When a lane’s chain last grew', LANE, () =>
    records().map(({ lane, at }) => [Date.parse(at) / 1_000, labelsOf(lane)]),
  )
  gauge('sluice_unpublished_objects', 'Objects committed and not visible yet', [], () => [
    [waiting(records(), gauged).reduce((sum, { objects }) => sum + objects.length, 0)],
  ])
  gauge('sluice_publish_lag_seconds', 'How long the first of them has waited', [], () => [
    [Math.max(0, ...waiting(records(), gauged).map((record) => ageOf(record, gauged.clock)))],
  ])
  gauge('sluice_open_objects', 'Objects that go on after the last commit', ['sink'], () =>
    sums(records().flatMap((record) => openIn(record).map((open) => [open.objects, sinkOf(open)]))),
  )
  gauge('sluice_open_object_bytes', 'Bytes of their rows', ['sink'], () =>
    sums(
      records().flatMap((record) => openIn(record).map((open) => [open.rowBytes, sinkOf(open)])),
    ),
  )
  gauge('sluice_memory_held_bytes', 'Data held in memory', [], () => budget('used'))
  gauge('sluice_memory_budget_bytes', 'Data above which nothing more is read', [], () =>
    budget('limit'),
  )
  gauge('sluice_state_bytes', 'Memory of operators’ state', ['store'], () =>
    sums(stores().map(({ id, bytes }) => [bytes, { store: id }])),
  )
  gauge('sluice_state_entries', 'Entries of operators’ state', ['store'], () =>
    sums(stores().flatMap(({ id, size = NaN }) => (size >= 0 ? [[size, { store: id }]] : []))),
  )
}

function lagOf({ lane, to }: CommitRecord, meter: Meter): Value[] {
  const end = meter.endOf(lane)
  const { topic, partition } = lane
  return lane.stage === 2 || end === undefined
    ? []
    : [[Math.max(0, end - to), { topic, partition }]]
}

const labelsOf = ({ topic, partition, stage }: LaneName): Labels => ({ topic, partition, stage })
const sinkOf = ({ sink }: { readonly sink: string }): Labels => ({ sink })

const waiting = (records: readonly CommitRecord[], gauged: Gauged): CommitRecord[] =>
  records.filter((record) => record.objects.length > 0 && !gauged.isPublished(record))

const ageOf = ({ at }: CommitRecord, clock: Clock): number => (clock.now() - Date.parse(at)) / 1_000

/** One value for all that have the same label. */
function sums(values: readonly (readonly [value: number, label: Labels])[]): Value[] {
  const all = new Map<string, [number, Labels]>()
  for (const [value, label] of values) {
    const id = JSON.stringify(label)
    all.set(id, [(all.get(id)?.[0] ?? 0) + value, label])
  }
  return [...all.values()]
}
