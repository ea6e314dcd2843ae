import type { Writable } from 'node:stream'
import type { Bundle } from './commit/bundle.ts'
import type { Outbox } from './commit/outbox.ts'
import type {
  CarriedObject,
  CarriedRun,
  CommitRecord,
  LaneName,
  OpenRows,
  StagedObject,
} from './commit/record.ts'
import type { Account } from './memory.ts'
import type { Message } from './message.ts'
import type { Rejection } from './operator.ts'
import type { ObjectSettings, ObjectStore } from './ports.ts'
import type { RetryOptions } from './retry.ts'
import type { Store } from './state/store.ts'

/** Where the row of a message has gone. */
export interface PlacedRow {
  readonly sink: string
  readonly message: Message<unknown>
  readonly row: string | Buffer
  /** Its place among the rows of its object, from 1. */
  readonly number: number
  /** What has taken it, and is taking more: it has a key when it is finished. */
  readonly object: {
    readonly folder: string
    readonly name: string
    readonly firstOffset: number
    readonly named: { readonly key: string } | undefined
  }
}

/** What a lane gives each of its sinks before the first item. */
export interface SinkBinding {
  readonly lane: LaneName
  readonly instance: string
  readonly store: ObjectStore
  /** How requests are made: bounded, over all of the process, in how many are under way. */
  readonly retry: RetryOptions
  readonly memory: Account
  /** Bytes that a bundle may hold in memory before finished objects are uploaded instead: then each leaves memory by itself. */
  share(): number
  /** Whether the store may lose uploads, so that nothing that is committed may be in one. */
  readonly losesUploads: boolean
  /** Whether objects may stay open over a commit. */
  readonly carries: boolean
  /** Resolves when what the epochs before the running one have carried can be read back. */
  committed(): Promise<void>
  /** Resolves when what the commits before the one that is being staged list is visible. */
  published(): Promise<void>
  /** Why a message must not be in an object that its lane alone may write: its record is not keyed as the pipeline says. Absent where nothing is said. */
  problemWithKey?(message: Message<unknown>): string | undefined
  /** Index of the commit that the running epoch will end in, and the random token of who writes it. */
  epoch(): { readonly commit: number; readonly owner: string; readonly tick: number }
  reject(rejections: readonly Rejection[]): Promise<void> | undefined
  /** Told of every row, where somebody watches: an epoch that runs again. */
  placed?(row: PlacedRow): void
  /** The barrier is here: everything before it has been taken in. */
  arrived(): void
}

/** What of an epoch's output is durable, and not yet visible. */
export interface StagedEpoch {
  readonly objects: readonly StagedObject[]
  readonly carried: readonly CarriedObject[]
  /** Absent where everything is finished with a commit. */
  readonly open?: OpenRows
  /** Messages for a topic. */
  readonly messages?: StagedMessages
}

export type StagedMessages = Pick<Outbox, 'sink' | 'topic' | 'count' | 'segments'>

/** What a sink has done in one epoch. */
export interface SinkEpoch {
  /** Messages that the sink has taken in. */
  readonly kept: number
  /** Messages that it could not take. */
  readonly rejected: number
  /** Bytes of memory that the epoch takes over from the running one, until it is durable. */
  readonly held: number
  /**
   * Put carried rows, small objects and messages into the bundle, upload the rest. May take as long as the store does; the next epoch already runs.
   *
   * @param memory what `held` is charged to by now; given back whole when all is published
   */
  stage(bundle: Bundle, memory: Account): Promise<StagedEpoch>
}

/** Rows of a sink's open objects, as its lane's newest record lists them. */
export interface RestoredRows {
  readonly before: readonly CarriedObject[]
  readonly runs: readonly CarriedRun[]
}

/** Go on with what a record carries, once the stores of all sinks have been read back. */
export function restoreSinks(
  sinks: readonly LaneSink[],
  { carried, open = {} }: Pick<CommitRecord, 'carried' | 'open'>,
): void {
  for (const sink of sinks)
    sink.restore({
      before: carried.filter((object) => object.sink === sink.id),
      runs: open[sink.id]?.runs ?? [],
    })
}

/** Under which some sinks write objects. */
export const prefixesOf = (sinks: readonly LaneSink[]): string[] =>
  sinks.flatMap(({ id, topic }) => (topic === undefined ? [id] : []))

declare const input: unique symbol

/** A Writable that a flow may end in; it knows, at compile time, what it stores. */
export interface Sink<in T> extends LaneSink {
  readonly [input]?: (value: T) => void
}

export interface LaneSink extends Writable {
  /** Its name in records: unique in a pipeline. */
  readonly id: string
  /** For messages, and to tell two sinks that would write the same keys. */
  readonly place: string
  /** The topic that it produces to; none for one that writes objects. */
  readonly topic?: string
  /** What its objects are put with, where it writes any: their right is proved with it before anything is read. */
  readonly settings?: ObjectSettings
  /** The option by which it asks for event time; none where it does without. */
  readonly needsEventTime?: string | undefined
  /** The options that go by what not every message has: an event time, the record that it was read from. Such a message is rejected. */
  readonly goesBy?: Readonly<Partial<Record<'event time' | 'record', string>>>
  /** Whether all its objects of a folder have one name, where they hold results, which come from no record. */
  readonly namesResultsAlike?: boolean
  /** What tells its objects' rows from those of other formats, as a hash; absent for one that writes none. */
  readonly format?: string
  /** Whether objects of two topics could never have one name; absent for one that writes none. */
  readonly tellsTopicsApart?: boolean
  /** Whether all its objects of a folder have one name. */
  readonly hasFixedName?: boolean
  /** Whether its objects have names that one lane alone may write. */
  readonly writesOnce?: boolean
  /** The highest end of a span that the end of a finite run has closed before its time. */
  readonly sealed?: number
  bind(binding: SinkBinding): void
  /** What it knows of its open objects: state of its lane, `openStateOf(id)`. Absent where it has none. */
  readonly table?: Store
  /** Take over the open objects that the lane's newest record carries, once `table` has been read back. */
  restore(rows: RestoredRows): void
  /** The earliest tick at which an open object is to be closed though no more rows come, `Infinity` for none; where that is not by now, perhaps an earlier one. */
  due(now: number): number
  /** Right after `arrived`, synchronously: what the epoch came to. */
  take(): SinkEpoch
}
