import type { Clock } from '../../clock.ts'
import { Chain } from '../../commit/chain.ts'
import type { CommitRecord, LaneName } from '../../commit/record.ts'
import { SluiceError } from '../../errors.ts'
import type { SourceRecord } from '../../message.ts'
import type { Pipeline } from '../../pipeline.ts'
import type { Log, ObjectStore } from '../../ports.ts'
import { readAhead } from '../../read-ahead.ts'
import { idOf, type TopicPartition } from '../../topics.ts'
import { firstWhere } from '../chain-entries.ts'
import { labelOf } from '../context.ts'
import { readDeclarations } from '../declarations.ts'
import { instancesIn, newestIndex } from '../discovery.ts'
import { type Again, fatesAgain, placed } from './again.ts'
import { fatesOf, type PathTrace } from './fate.ts'
import { lookInto, type Place, type Wanted } from './look.ts'
import { type Candidate, candidatesOf } from './places.ts'

export interface FindOptions extends TopicPartition {
  readonly offset: number
  /** Only in this pipeline and its instances. In all that have read the partition, unless said otherwise. */
  readonly pipeline?: string
  readonly store: ObjectStore
  readonly log: Log
  readonly clock: Clock
  /** Run the epoch of the record again to know; without it rows are told by what they hold. */
  readonly replay?: FindReplay
}

export interface FindReplay {
  /** A pipeline by the name of its definition; undefined where there is none. @throws SluiceError 'config' for one that is broken */
  pipelineOf(name: string): Promise<Pipeline | undefined>
  /** Takes what is written on the way; to be thrown away. */
  readonly scratch: ObjectStore
}

/** What the log says of the record. */
export interface LogState {
  /** `gone`: below what the log still has; `none`: no record has this offset, or compaction took it; `later`: the log ends before it. */
  readonly state: 'there' | 'gone' | 'none' | 'later' | 'no topic'
  /** In bytes, of its value. */
  readonly bytes?: number
  readonly timestamp?: number
}

/** What one instance of a pipeline has done with the record. */
export interface Trace {
  /** Name of the instance. */
  readonly pipeline: string
  /** `unread`: its lane has not got there; `before`: it began to read after it. */
  readonly state: 'read' | 'unread' | 'before'
  /** How far its lane has read. */
  readonly to: number
  /** The commit of its epoch, where it was read. */
  readonly commit?: Pick<CommitRecord, 'index' | 'at' | 'from' | 'to'>
  /** How it is known: its epoch was run again; or by what rows hold and the commit has counted, and why it was not run again. */
  readonly by?: 'replay' | 'likeness'
  readonly why?: string
  readonly paths: readonly PathTrace[]
}

export interface Findings extends TopicPartition {
  readonly offset: number
  readonly log: LogState
  readonly traces: readonly Trace[]
}

/** Objects that are looked into at a time. */
const AT_A_TIME = 4

/**
 * Find out what has become of one record of the log: in which row of which object it is, which operator has dropped or rejected it, in which commit. Rows
 * bear no offsets: the epoch is run again and tells where it has put the record. Where that cannot be, a row is known by the offset that it names, by what it
 * holds, or by its position where an object has one row for each offset.
 *
 * Reads every object of the record's commit that can hold it, and holds one row of each; and what an epoch of the lane held, when it is run again.
 *
 * @throws SluiceError 'config' when no pipeline has read the partition
 */
export async function find(options: FindOptions): Promise<Findings> {
  const { topic, partition, offset, store, log, clock } = options
  const lanes = await lanesOf(options)
  if (lanes.length === 0)
    throw new SluiceError(
      'config',
      `no pipeline ${options.pipeline === undefined ? '' : `${options.pipeline} `}has read ${idOf(options)} in ${store.place}; there are: ${(await instancesIn(store, clock)).join(', ') || 'none'}`,
    )
  const { state, record } = await fetchOne(log, topic, partition, offset)
  const traces: Trace[] = []
  for (const lane of lanes) traces.push(await traceIn(lane, record, options))
  return {
    topic,
    partition,
    offset,
    log: {
      state,
      ...(record && { bytes: record.bytes?.length ?? 0, timestamp: record.timestamp }),
    },
    traces,
  }
}

interface ReadLane {
  readonly lane: LaneName
  readonly newest: number
}

async function lanesOf(options: FindOptions): Promise<ReadLane[]> {
  const { pipeline: wanted, topic, partition, store, clock } = options
  const lanes: ReadLane[] = []
  for (const pipeline of await instancesIn(store, clock)) {
    if (wanted !== undefined && pipeline !== wanted && !pipeline.startsWith(`${wanted}@`)) continue
    const lane: LaneName = { pipeline, topic, partition, stage: 1 }
    const newest = await newestIndex(lane, store, clock)
    if (newest > 0) lanes.push({ lane, newest })
  }
  return lanes
}

async function fetchOne(
  log: Log,
  topic: string,
  partition: number,
  offset: number,
): Promise<{ state: LogState['state']; record?: SourceRecord }> {
  const ranges = await log.ranges(topic)
  const range = ranges?.find((each) => each.partition === partition)
  if (!range) return { state: 'no topic' }
  if (offset >= range.high) return { state: 'later' }
  if (offset < range.low) return { state: 'gone' }
  for await (const { records } of log.read(topic, partition, offset, offset + 1))
    for (const record of records) if (record.offset === offset) return { state: 'there', record }
  return { state: 'none' }
}

async function traceIn(
  { lane, newest }: ReadLane,
  record: SourceRecord | undefined,
  options: FindOptions,
): Promise<Trace> {
  const { offset, store, clock } = options
  const { pipeline } = lane
  const chain = new Chain(lane, store, clock)
  const read = async (index: number): Promise<CommitRecord> => {
    const stored = await chain.read(index)
    if (stored) return stored.record
    throw new SluiceError(
      'corrupt',
      `${labelOf(lane)} record ${index} of ${pipeline} is gone; see what verify says`,
    )
  }
  const index = await firstWhere(chain, newest, ({ to }) => to > offset)
  const commit = await read(index)
  const { to, objects } = await read(newest)
  if (to <= offset) return { pipeline, state: 'unread', to, paths: [] }
  if (commit.from > offset) return { pipeline, state: 'before', to, paths: [] }
  const { all: declarations } = await readDeclarations(pipeline, store, clock)
  const candidates = await candidatesOf(commit, offset, chain, newest, store, clock)
  const unsettled = new Set(objects.map(({ token }) => token))
  const again = await fatesAgain(commit, offset, options)
  const { frames } = again
  const wanted = { ...options, record, label: labelOf(lane), declarations, unsettled, frames }
  return {
    pipeline,
    state: 'read',
    to,
    commit: { index, at: commit.at, from: commit.from, to: commit.to },
    ...(await tracedBy(again, commit, candidates, wanted)),
  }
}

const otherwise = ({ at }: CommitRecord): string =>
  `run again, its epoch comes to other objects than its record says: the pipeline may have changed since ${at}`

async function tracedBy(
  again: Again,
  commit: CommitRecord,
  candidates: readonly Candidate[],
  wanted: Wanted,
): Promise<Pick<Trace, 'by' | 'why' | 'paths'>> {
  const exact = again.fates && (await placed(again.fates, candidates, wanted))
  if (exact) return { by: 'replay', paths: exact }
  const why = again.fates ? otherwise(commit) : again.why
  const places: Place[] = []
  for await (const place of readAhead(candidates, AT_A_TIME, (each) => lookInto(each, wanted)))
    places.push(place)
  return { by: 'likeness', ...(why !== undefined && { why }), paths: fatesOf(commit, places) }
}
