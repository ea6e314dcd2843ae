import { randomBytes } from 'node:crypto'
import {
  type CommitRecord,
  type LaneName,
  openIn,
  RECORD_VERSION,
  type Run,
  type Stored,
  type UpstreamPosition,
} from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import type { Fingerprints } from '../fingerprint.ts'
import type { LaneSink } from '../sink.ts'
import { idOf } from '../topics.ts'
import { droppedFrom, without } from './dropped-state.ts'
import type { Environment } from './environment.ts'
import type { Roster } from './roster.ts'
import { suspectsAfter } from './suspects.ts'

/** What a claim is made with. */
export interface ClaimOptions {
  /** Where a lane without a chain begins. */
  readonly start: number
  /** Where the input ends now: for a finite run that has not been told yet, for good. */
  readonly high?: number
  /** What tells the lane's topic from others of its name, where the log says. */
  readonly topicId?: string | undefined
  /** The highest end of a window that an earlier finite run has closed, over all lanes. */
  readonly sealed: number
  /** For a lane that is new among older ones: windows that end by then are emitted, and it has no say in them. */
  readonly floor?: number
  readonly signal: AbortSignal
}

/** The record that claims a lane: what the newest one says, under a new owner. */
export function claimAfter(
  newest: Stored | undefined,
  lane: LaneName,
  environment: Environment,
  { fingerprint, keepers }: Fingerprints,
  options: ClaimOptions,
): CommitRecord {
  const {
    trying,
    suspects: suspected,
    dropped: _,
    ...before
  } = newest?.record ?? firstRecord(lane, options)
  const dropped = droppedFrom(before, { fingerprint, keepers }, environment.dropState)
  const now = environment.clock.now()
  const run = runOf(before.run, environment.run, options.high)
  const end = Math.min(options.high ?? before.to, endOf(run, environment.run))
  const isAlive = (owner: string): boolean => environment.owners.has(owner)
  const isStall = before.kind === 'claim' && end > before.to
  const stalls = isStall ? before.stalls + (isAlive(before.owner) ? 0 : 1) : 0
  const suspects = suspectsAfter(
    { ...before, ...(trying && { trying }), ...(suspected && { suspects: suspected }) },
    { stalls, end: Math.min(end, before.to + environment.limits.records), isAlive },
  )
  return {
    ...before,
    v: RECORD_VERSION,
    index: before.index + 1,
    kind: 'claim',
    instance: environment.instance.id,
    ...(options.topicId !== undefined && { topicId: options.topicId }),
    fingerprint,
    keepers,
    ...(dropped.length > 0 && { dropped, state: without(before.state, dropped) }),
    options: Object.entries(environment.values),
    token: randomBytes(8).toString('hex'),
    host: environment.host,
    at: new Date(now).toISOString(),
    prevHash: newest?.hash ?? null,
    from: before.to,
    records: 0,
    bytes: 0,
    fates: {},
    reasons: {},
    partials: {},
    recorded: { tick: now, began: now, closing: false },
    sealed: Math.max(before.sealed, options.sealed),
    ...(lane.stage === 2 && { vector: listing(environment.roster, before.vector) }),
    ...run,
    ...(environment.abandons !== undefined && { abandoned: environment.abandons }),
    stalls,
    ...(suspects && { suspects }),
  }
}

type Vector = NonNullable<CommitRecord['vector']>

/**
 * Every upstream lane is in the vector from the claim on: until it has been heard of, nothing is emitted that it could add to. One that is new stands
 * where windows have been closed up to by then. One that nobody reads any more is left: nothing waits for it.
 *
 * @throws SluiceError 'config' for one that was left and is there again: windows may have closed without it
 */
export function listing(
  roster: Roster,
  before: Vector = {},
  watermarks = reachedBy(Object.values(before)),
): Vector {
  const listed = roster.lanes.map((lane) => [idOf(lane), { index: 0, watermarks }] as const)
  const kept = Object.entries(before).map(([id, position]): [string, UpstreamPosition] => {
    if (!roster.has(id)) return [id, { ...position, left: true }]
    if (position.left) throw returned(id)
    return [id, position]
  })
  return { ...Object.fromEntries(listed), ...Object.fromEntries(kept) }
}

const returned = (id: string): SluiceError =>
  new SluiceError(
    'config',
    `${id} was deleted or taken out of the pipeline, which has closed windows without it since: take it out again, or start another instance with --name`,
  )

/** By exchange, the watermark that all these lanes have passed; nothing is emitted beyond. */
export function reachedBy(lanes: readonly UpstreamPosition[]): Record<string, number> {
  const exchanges = new Set(lanes.flatMap(({ watermarks }) => Object.keys(watermarks)))
  return Object.fromEntries(
    [...exchanges].map((exchange) => [exchange, reached(exchange, lanes)] as const),
  )
}

/** The watermark of one exchange that all these lanes have passed; where all were left, the highest that any of them had. */
export function reached(exchange: string, lanes: readonly UpstreamPosition[]): number {
  const of = ({ watermarks }: UpstreamPosition): number => watermarks[exchange] ?? -Infinity
  const read = lanes.filter(({ left }) => !left)
  return read.length > 0 ? Math.min(...read.map(of)) : Math.max(-Infinity, ...lanes.map(of))
}

/** A lane's first claim of a run says where its input ends; later ones copy it. */
function runOf(
  before: Run | undefined,
  number: number | undefined,
  until: number | undefined,
): { run?: Run } {
  if (number === undefined || before?.number === number) return before ? { run: before } : {}
  return { run: { number, until: until ?? 0 } }
}

/** Where the finite run ends in this lane; `Infinity` without one. */
const endOf = ({ run }: { run?: Run }, number: number | undefined): number =>
  run && run.number === number ? run.until : Infinity

/** What stands before the first record of a chain. */
const firstRecord = (lane: LaneName, { start, floor = -Infinity }: ClaimOptions): CommitRecord => ({
  v: RECORD_VERSION,
  index: 0,
  kind: 'commit',
  lane,
  instance: '',
  fingerprint: '',
  owner: '',
  token: '',
  host: '',
  at: '',
  prevHash: null,
  from: start,
  to: start,
  records: 0,
  bytes: 0,
  watermark: floor,
  fates: {},
  reasons: {},
  state: {},
  stateHash: '',
  carried: [],
  objects: [],
  recorded: { tick: 0, began: 0, closing: false },
  sealed: floor,
  stalls: 0,
})

/** @throws SluiceError 'log-range' when the topic is another one than was read: its offsets stand for other records */
export function checkTopic({ topicId, lane, index }: CommitRecord, now: string | undefined): void {
  if (topicId === undefined || now === undefined || topicId === now) return
  throw new SluiceError(
    'log-range',
    `${idOf(lane)}: this is not the topic that was read up to record ${index} of ${lane.pipeline}: it was deleted and made anew since, ` +
      `or is one of the same name in another cluster. Start another instance with --name to read it`,
  )
}

/** The sinks that carry objects. */
const carryingIn = (record: Pick<CommitRecord, 'carried' | 'open'>): Set<string> =>
  new Set(openIn(record).flatMap(({ sink, objects }) => (objects > 0 ? [sink] : [])))

/** The formats of the sinks that carry objects. */
export function formatsOf(
  record: Pick<CommitRecord, 'carried' | 'open'>,
  sinks: readonly LaneSink[],
): Record<string, string> {
  const carrying = carryingIn(record)
  return Object.fromEntries(
    sinks.flatMap(({ id, format }) =>
      format !== undefined && carrying.has(id) ? [[id, format]] : [],
    ),
  )
}

/**
 * Open objects of a sink that is gone would never be finished, and those of another format would become what nobody can read.
 *
 * @throws SluiceError 'config' when the lane carries such
 */
export function checkCarried(record: CommitRecord, sinks: readonly LaneSink[]): void {
  const { formats = {} } = record
  for (const id of carryingIn(record)) {
    const sink = sinks.find((other) => other.id === id)
    if (!sink) throw waiting(record, id, `the pipeline has no sink '${id}' any more, in which`)
    if (formats[id] !== undefined && formats[id] !== sink.format)
      throw waiting(record, id, `the format of sink '${id}' is another one than that in which`)
  }
}

function waiting(record: CommitRecord, sink: string, what: string): SluiceError {
  const { index, lane } = record
  const open = openIn(record).filter((each) => each.sink === sink)
  const [objects, rows] = (['objects', 'rows'] as const).map((name) =>
    open.reduce((sum, each) => sum + each[name], 0),
  )
  return new SluiceError(
    'config',
    `${idOf(lane)}: ${what} ${rows} rows of ${objects} open objects wait as of record ${index} of ${lane.pipeline}. ` +
      `Put it back and run once with --until-end, which finishes them; or start another instance with --name`,
  )
}
