import { markOf } from '../commit/mark.ts'
import type { Message, SourceRecord } from '../message.ts'
import { json } from '../state/codec.ts'
import { mapStore } from '../state/map-store.ts'

/** Commit and ordinal of a message. */
type Position = readonly [commit: number, ordinal: number]

/** Where the state of the source itself is kept: it has no part in a pipeline's fingerprint. */
export const SOURCE_STATE = 'source/repeats'

/**
 * Drops, before the first operator, what another pipeline has produced more than once: every message of one of its lanes has a higher mark than all before
 * it in this partition, so one that has not is a repeat. Remembers the highest, in the lane's state: two numbers for every lane of every instance that has
 * ever produced to the partition. Records without marks cost and keep nothing.
 */
export class Repeats {
  readonly store = mapStore<Position>(json())
  #dropped = 0

  without<T>(messages: readonly Message<T>[]): readonly Message<T>[] {
    if (messages.every(({ record }) => record.headers === undefined)) return messages
    const fresh = messages.filter(({ record }) => this.isFresh(record))
    this.#dropped += messages.length - fresh.length
    return fresh
  }

  /** Whether it is no repeat, given all records before it. */
  isFresh({ headers, topic }: SourceRecord): boolean {
    const mark = headers && markOf(headers, topic)
    if (!mark) return true
    const { instance, lane, commit, ordinal } = mark
    const key = `${instance} ${lane}`
    const [lastCommit, lastOrdinal] = this.store.get(key) ?? [-1, -1]
    if (commit < lastCommit || (commit === lastCommit && ordinal <= lastOrdinal)) return false
    this.store.set(key, [commit, ordinal])
    return true
  }

  /** How many were dropped in the epoch; starts anew. */
  take(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }
}
