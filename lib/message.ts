/** Headers of a record: a name may repeat. A null value is read as an empty one. */
export type Headers = Readonly<Record<string, Buffer | readonly Buffer[]>>

/** One record of the log as it was read: where it stands and its bytes. Shared by every message made of it, never changed. */
export interface SourceRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** The log's own timestamp in ms since the epoch; -1 where it has none. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly headers: Headers | undefined
  /** The value as it came; null for a tombstone. Of an event that is one of several, its own, made when they are asked for. */
  readonly bytes: Buffer | null
}

/** One event in flight. Immutable once emitted: branches share it. */
export interface Message<T> {
  readonly value: T
  /** Event time in ms since the epoch; `-Infinity` until `eventTime` has set it. */
  readonly time: number
  /** The lane's watermark as of just before this record: what "late" is judged by. */
  readonly watermark: number
  readonly record: SourceRecord
  /** Which of its record's messages this is, from 0; there may be gaps. */
  readonly index: number
  /** True while `value` is what `record.bytes` say, so that a sink may archive the bytes themselves. */
  readonly verbatim: boolean
}

/** The same message with another value. */
export const withValue = <T>(message: Message<unknown>, value: T): Message<T> => ({
  value,
  time: message.time,
  watermark: message.watermark,
  record: message.record,
  index: message.index,
  verbatim: message.verbatim && value === (message.value as unknown),
})

/** What flows between Transforms: a few hundred messages of one lane at a time, in order. */
export class Chunk<T> {
  readonly messages: readonly Message<T>[]
  constructor(messages: readonly Message<T>[]) {
    this.messages = messages
  }
}

/** Most messages of a chunk, unless a pipeline asks for fewer. */
export const CHUNK_MESSAGES = 500

/** Most bytes of records in a chunk, unless one record alone is larger. */
export const CHUNK_BYTES = 64 * 1024

/** In-band promise about event time: what comes after is judged as of `time`. It never goes back. */
export class Watermark {
  readonly time: number
  constructor(time: number) {
    this.time = time
  }
}

/** In-band mark: everything up to here belongs to the epoch that it ends. */
export class Barrier {
  /** The wall clock as of its making, in ms. Age, idleness and alignment are decided by it. */
  readonly tick: number
  /** True when open objects are to be closed whatever their limits: the last barrier of a finite run. */
  readonly closing: boolean
  constructor(tick: number, closing = false) {
    this.tick = tick
    this.closing = closing
  }
}

/** What a stream of a lane reads and writes. */
export type Item<T> = Chunk<T> | Watermark | Barrier
