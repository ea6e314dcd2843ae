import { jsonText } from './json-text.ts'
import type { Headers, Message, SourceRecord } from './message.ts'
import { idOf } from './topics.ts'

/** One of the events that a record became, as a record: all that is the record's, and the event's own bytes. */
export class Part implements SourceRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly #record: SourceRecord
  readonly #value: unknown
  #bytes: Buffer | null | undefined

  constructor(record: SourceRecord, value: unknown, bytes: Buffer | undefined) {
    this.topic = record.topic
    this.partition = record.partition
    this.offset = record.offset
    this.timestamp = record.timestamp
    this.#record = record
    this.#value = value
    this.#bytes = bytes
  }

  get key(): Buffer | null {
    return this.#record.key
  }

  get headers(): Headers | undefined {
    return this.#record.headers
  }

  /** The bytes that it was read from, or the JSON of what it was at first; null where that has none. */
  get bytes(): Buffer | null {
    return (this.#bytes ??= bytesOf(this.#value))
  }
}

/** The same record with other bytes, for the one event that it holds. */
export const recordWith = (
  { topic, partition, offset, timestamp, key, headers }: SourceRecord,
  bytes: Buffer | null,
): SourceRecord => ({ topic, partition, offset, timestamp, key, headers, bytes })

/** The same record with a timestamp. */
export const recordAt = (
  { topic, partition, offset, key, headers, bytes }: SourceRecord,
  timestamp: number,
): SourceRecord => ({ topic, partition, offset, timestamp, key, headers, bytes })

function bytesOf(value: unknown): Buffer | null {
  try {
    return Buffer.from(jsonText(value))
  } catch {
    return null
  }
}

/**
 * Makes the messages of an operator that makes several of one. They are numbered within their record, whatever they were made of: so offset and index
 * together name a message of a lane, in every run. The results of a `reduce` come from no record, and have no number.
 */
export class Parts {
  #offset = -1
  #next = 0

  /** The next event of a message's record; `bytes` are those that it was read from, if it was. */
  of<T>(message: Message<unknown>, value: T, bytes?: Buffer): Message<T> {
    const { record, time, watermark } = message
    const isSame = value === (message.value as unknown)
    return {
      value,
      time,
      watermark,
      record: isSame ? record : new Part(record, value, bytes),
      index: this.#index(record.offset),
      verbatim: isSame ? message.verbatim : bytes !== undefined,
    }
  }

  #index(offset: number): number {
    if (offset < 0) return 0
    if (offset !== this.#offset) this.#next = 0
    this.#offset = offset
    return this.#next++
  }
}

/** Where an event was read, for people: `views-0@17`, and which of several it is. Empty for one that no log was read for. */
export function placeOf({ record, index }: Message<unknown>): string {
  if (record.offset < 0) return ''
  const which = record instanceof Part ? `, event ${index} of it` : ''
  return `${idOf(record)}@${record.offset}${which}`
}
