import { createHash } from 'node:crypto'
import type { Barrier } from '../message.ts'
import type { ObjectSettings, UploadPart } from '../ports.ts'
import { idOf } from '../topics.ts'
import type { Outbox } from './outbox.ts'

/** The version of this format. A reader refuses a higher one. */
export const RECORD_VERSION = 2

/** A span of bytes in a bundle. */
export interface Segment {
  readonly bundle: string
  readonly from: number
  readonly to: number
  readonly sha256: string
}

/** A base or delta of one store, oldest first in its list. */
export interface StateSegment extends Segment {
  readonly kind: 'base' | 'delta'
  readonly until?: number
}

/** Why an object was finished. */
export type Because =
  | 'count'
  | 'size'
  | 'age'
  | 'idle'
  | 'span'
  | 'watermark'
  | 'schema'
  | 'evicted'
  | 'epoch'
  | 'drain'

/** How an object's bytes are made smaller than its framed rows. */
export type CompressionName = 'gzip' | 'zstd'

/** What an object holds, as far as its name and metadata tell. */
export interface Contents {
  readonly rows: number
  /** Bytes of its rows, before framing and compression. */
  readonly rowBytes: number
  /** First and last offset of the records its rows came from; -1 for results of stage two. */
  readonly firstOffset: number
  readonly lastOffset: number
  readonly minTime: number
  readonly maxTime: number
  /** What its rows share, such as columns, as its format says it; absent for ''. */
  readonly schema?: string
  /** Its rows are sorted by event time, then offset, when it is finished, and bear both until then; absent where they stay as they came. */
  readonly order?: 'time' | undefined
}

/** What is known of an open object besides where its rows are. */
export interface OpenFacts extends Contents {
  readonly folder: string
  /** What it will be called, before anything is added to that; absent where only its folder tells. */
  readonly name?: string
  /** Which of the folder's objects that begin with its first offset it is; absent for the first. */
  readonly nth?: number
  /** When the epochs of its first and its newest row began, for age and idleness. */
  readonly opened: number
  readonly touched: number
  readonly firstTime: number
  /** The watermark when its first row came; absent where its rotation does not ask for it. */
  readonly since?: number | undefined
}

/** An open object as records of version 1 list it, each with all its rows so far. Later ones repeat what is still open of that, as it was. */
export interface CarriedObject extends OpenFacts {
  readonly sink: string
  readonly segments: readonly (Segment & { readonly rows: number })[]
}

/** A span of a bundle that an index vouches for. */
export type Span = Omit<Segment, 'sha256'>

/** Rows of open objects that were written together, sorted by object: those of one epoch, or several such runs merged. */
export interface CarriedRun {
  /** How often its rows have been merged. */
  readonly level: number
  readonly rows: number
  /** Where the rows are, one span after the other. */
  readonly spans: readonly Span[]
  /** Whose rows are where, and the hashes of their blocks; see `RunIndex`. */
  readonly index: Segment
}

/** What of a sink stays open over the barrier. What is known of each object lies in the state, under `openStateOf(sink)`. */
export interface OpenRows {
  readonly objects: number
  readonly rows: number
  /** Of their rows. */
  readonly rowBytes: number
  /** The lowest first offset of them all; `Infinity` without any. */
  readonly firstOffset: number
  /** Oldest first. */
  readonly runs: readonly CarriedRun[]
}

/** What a sink's open objects are called among all that a lane remembers. */
export const openStateOf = (sink: string): string => `${OPEN}${sink}`

const OPEN = 'open objects of '

/** Whether something that a lane remembers is a sink's, and not an operator's. */
export const isOpenState = (id: string): boolean => id.startsWith(OPEN)

/** What of each sink stays open after a record, added up. */
export function openIn({ open = {}, carried }: Pick<CommitRecord, 'open' | 'carried'>): (Pick<
  OpenRows,
  'objects' | 'rows' | 'rowBytes'
> & {
  readonly sink: string
})[] {
  const listed = Object.entries(open).map(([sink, rows]) => ({ sink, ...rows }))
  const others = carried.filter(({ sink }) => !(sink in open))
  return [...listed, ...others.map((object) => ({ ...object, objects: 1 }))]
}

/** An object that this record's epoch finished: complete, and not yet visible. */
export interface StagedObject extends Contents {
  readonly sink: string
  readonly key: string
  /** Written into its metadata: whose it is. */
  readonly token: string
  readonly because: Because
  readonly contentType: string
  readonly compression?: CompressionName
  /** How it is put, by whoever publishes it. */
  readonly settings?: ObjectSettings
  /** Of the object as it is stored. */
  readonly bytes: number
  readonly sha256: string
  /** Of its rows alone, before framing and compression. */
  readonly rowsHash: string
  readonly staged:
    | { readonly in: 'bundle'; readonly bundle: string; readonly from: number; readonly to: number }
    /** One after another, each as large as a part: where the store may lose uploads. */
    | { readonly in: 'bundles'; readonly segments: readonly Segment[] }
    | { readonly in: 'upload'; readonly uploadId: string; readonly parts: readonly UploadPart[] }
}

/** Where in bundles a staged object lies; nowhere for one in an upload. */
export function placesOf(staged: StagedObject['staged']): readonly Span[] {
  if (staged.in === 'bundle') return [staged]
  return staged.in === 'bundles' ? staged.segments : []
}

/** What the epoch of one lane adds to an exchange: for each target lane a span of the bundle, sorted by key. */
export interface PartialsOfEpoch {
  /** The lane's watermark as the exchange saw it, at the barrier. */
  readonly watermark: number
  /** One for each range; null where it adds nothing. */
  readonly ranges: readonly (Segment | null)[]
}

/**
 * What became of the epoch's messages on their way to one sink. Each has one fate, so kept, dropped and rejected add up to the number of records and
 * `expanded`.
 */
export interface SinkFates {
  /** Messages: a record may have become several. */
  readonly kept: number
  /** By operator, how many more messages it made than it was handed; absent where none has. */
  readonly expanded?: Readonly<Record<string, number>>
  readonly dropped: Readonly<Record<string, number>>
  readonly rejected: Readonly<Record<string, number>>
}

/** A finite run: its number, and where this lane's input ends. */
export interface Run {
  readonly number: number
  readonly until: number
}

/** What an epoch depends on besides its state and its input. */
export interface Recorded {
  /** Wall clock at its barrier. */
  readonly tick: number
  /** Wall clock at its first record, or at the barrier before it where it has none. */
  readonly began: number
  readonly closing: boolean
  /** Watermark taken over from other lanes while this one was idle. */
  readonly adopted?: number
  /** By operator, what it was answered from outside; see `AnswerLog`. */
  readonly answers?: Readonly<Record<string, Segment>>
  /** By table, the sha256 of the version that held. */
  readonly tables?: Readonly<Record<string, string>>
  /** How rejects of several operators came together; see `RejectRuns`. Absent where there were none. */
  readonly rejects?: readonly (readonly [number: number, count: number])[]
  /** Stage two: what was merged, and when event time went on. Absent where nothing was. */
  readonly rounds?: readonly MergeRound[]
  /** Offset of the record that was set aside undecoded, since processes had died of it. */
  readonly poison?: number
}

/** What stage two merges before it lets event time go on. */
export interface MergeRound {
  /** In this order: for upstream lanes by their ids, the index up to which their chains were merged. */
  readonly merged: Readonly<Record<string, number>>
  /** Event time did not go on: a lane that nothing waits for had more to merge. */
  readonly held?: true
}

/** How far stage two has merged an upstream lane's chain. */
export interface UpstreamPosition {
  /** Index of the last record merged; 0 before the first. */
  readonly index: number
  /** Its watermark, as each exchange saw it. */
  readonly watermarks: Readonly<Record<string, number>>
  /** The finite run that the lane had ended by then. */
  readonly ended?: number
  /** Nobody reads the lane any more: its topic was deleted, or taken out of the pipeline. Nothing waits for it. */
  readonly left?: true
}

/** Records among which one may be that kills its process. They are read step by step, each announced by a record of kind `trial`. */
export interface Suspects {
  /** The offset after the last of them; the first is the lane's next. */
  readonly until: number
  /** How many offsets are tried at a time. */
  readonly step: number
  /** Owners in a row that died while they tried the first one alone, as far as anybody has said; absent where none has. */
  readonly dead?: readonly string[]
}

/** What stands for the instance in the names and tokens of a lane's objects: the two stages of a lane never write the same name. */
export const instanceOf = (instance: string, stage: LaneName['stage']): string =>
  stage === 2 ? `${instance}m` : instance

export interface LaneName {
  readonly pipeline: string
  readonly topic: string
  readonly partition: number
  readonly stage: 1 | 2
}

/** What tells the two stages of all lanes of a pipeline apart. */
export const stageId = (lane: LaneName): string => `${idOf(lane)}/${lane.stage}`

/** One record of a lane's chain. The newest one is the truth. */
export interface CommitRecord {
  readonly v: number
  readonly index: number
  readonly kind: 'claim' | 'trial' | 'commit' | 'release'
  readonly lane: LaneName
  readonly instance: string
  /** What tells the topic from others of its name: `from` and `to` are its offsets. Absent where the log does not say. */
  readonly topicId?: string
  /** Fingerprint of the pipeline's state. */
  readonly fingerprint: string
  /** The same by operator with state. Absent in what was written before they were told apart. */
  readonly keepers?: Readonly<Record<string, string>>
  /** A claim: what of the state before it was given up, since the pipeline had changed and somebody said so. */
  readonly dropped?: readonly string[]
  /** Values of the pipeline's own options, by name. Absent in what was written before they were kept. */
  readonly options?: readonly (readonly [name: string, value: unknown])[]
  /** Random token of the claim that this record was written under. */
  readonly owner: string
  /** Under which its owner writes objects. Absent in what was written before they were kept. */
  readonly prefixes?: readonly string[]
  /** Random token of this very record: how a writer knows its own. */
  readonly token: string
  readonly host: string
  /** Wall clock at writing, for people. */
  readonly at: string
  /** sha256 of the predecessor's bytes. */
  readonly prevHash: string | null

  /** The epoch is `[from, to)`: what the log's offsets are for stage one; 0 for stage two. */
  readonly from: number
  readonly to: number
  /** Stage two: for every upstream lane, by its partition's id, how far its chain is merged. */
  readonly vector?: Readonly<Record<string, UpstreamPosition>>
  /** Records read in the epoch. */
  readonly records: number
  readonly bytes: number
  readonly watermark: number
  readonly fates: Readonly<Record<string, SinkFates>>
  /** Reasons of rejects and their number, for summaries. */
  readonly reasons: Readonly<Record<string, number>>
  /** By operator and store, what to read back: a base first, then its deltas. */
  readonly state: Readonly<Record<string, readonly StateSegment[]>>
  /** Over the state's history: predecessor's hash and what changed. */
  readonly stateHash: string
  /** Of open objects, the rows that were written before version 2 of the format. */
  readonly carried: readonly CarriedObject[]
  /** By sink, what tells the rows of its open objects from those of other formats; absent where none is open. */
  readonly formats?: Readonly<Record<string, string>>
  /** By sink; those that finish everything with a commit are absent. */
  readonly open?: Readonly<Record<string, OpenRows>>
  /** To be published, unless it has been: of this record's epoch, or copied by a claim. */
  readonly objects: readonly StagedObject[]
  /** To be produced, unless they have been: of this record's epoch, or copied by a claim. */
  readonly outbox?: readonly Outbox[]
  readonly partials?: Readonly<Record<string, PartialsOfEpoch>>
  readonly recorded: Recorded
  readonly run?: Run
  /** Number of the finite run in which this lane has reached its end. */
  readonly ended?: number
  /** Number of the newest finite run before a run without end went on in its place: nobody finishes it any more. */
  readonly abandoned?: number
  /** The highest end of a window that a finite run closed for good. */
  readonly sealed: number
  /** Claims in a row that found input waiting and no progress since the last. */
  readonly stalls: number
  readonly suspects?: Suspects
  /** A trial: all that its owner takes before it commits, while the other lanes of its process rest. */
  readonly trying?: readonly [from: number, to: number]
}

/** A record with the hash of its bytes. */
export interface Stored {
  readonly record: CommitRecord
  readonly hash: string
}

/** JSON has no infinities; times have. */
const TIMES = new Set([
  'watermark',
  'sealed',
  'adopted',
  'until',
  'minTime',
  'maxTime',
  'firstTime',
  'since',
  'firstOffset',
])
const INFINITE = new Map([
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
])
const writeTime = (_: string, value: unknown): unknown =>
  value === Infinity || value === -Infinity ? String(value) : value
const readTime = (name: string, value: unknown): unknown => {
  if (name === 'watermarks')
    return Object.fromEntries(
      Object.entries(value as object).map(([exchange, time]) => [exchange, infinite(time)]),
    )
  return TIMES.has(name) ? infinite(value) : value
}

const infinite = (value: unknown): unknown =>
  typeof value === 'string' ? (INFINITE.get(value) ?? value) : value

/** A record's JSON text ends with the hash of all before it, so that the newest one, which no other vouches for, vouches for itself. */
export const encode = (record: CommitRecord): Buffer => seal(JSON.stringify(record, writeTime))

/** @throws Error when the bytes are not what `encode` wrote */
export function decode(bytes: Uint8Array): Stored {
  const record = JSON.parse(unseal(bytes), readTime) as CommitRecord
  return { record, hash: sha256(bytes) }
}

/** Put into the text of a JSON object, as its last field, the hash of all before it. */
export function seal(json: string): Buffer {
  const text = json.slice(0, -1)
  return Buffer.from(`${text},"sha256":"${sha256(text)}"}\n`)
}

const SEAL = /,"sha256":"([0-9a-f]{64})"\}\n$/

/**
 * The JSON text that was sealed.
 *
 * @throws Error when the bytes are not what `seal` made
 */
export function unseal(bytes: Uint8Array): string {
  const whole = Buffer.from(bytes).toString()
  const [, hash] = SEAL.exec(whole) ?? []
  const text = whole.replace(SEAL, '')
  if (hash === undefined || hash !== sha256(text)) throw new Error('the record has been altered')
  return `${text}}`
}

export const sha256 = (...pieces: readonly (Uint8Array | string)[]): string => {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

export const recordedOf = (
  { tick, closing }: Barrier,
  began: number,
  adopted: number | undefined,
): Recorded => ({
  tick,
  began,
  closing,
  ...(adopted === undefined ? {} : { adopted }),
})
