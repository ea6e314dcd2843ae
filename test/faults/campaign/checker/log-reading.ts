import type { Complaints } from '../../../support/checker/world.ts'
import type { TopicRecord } from '../../trial/remains.ts'
import { isCutOff, PARTITIONS, readingAt, recordText, timeOf } from '../input.ts'
import { Bits, Numbers } from './bits.ts'

/** A record of the input, as it was produced. */
export interface Produced {
  readonly n: number
  readonly isCut: boolean
  readonly reading: number
}

/** What one partition of the topic holds, as it is read. */
export class PartitionReading {
  /** For each offset, which record of the input stands there. */
  readonly numbers = new Numbers()
  /** Readings that have come whole. */
  readonly readings = new Bits()
  /** The highest number of a record so far, and one: where the input goes on. */
  next = 0
  /** The highest event time of a whole record. */
  newest = -Infinity

  /** What the record at an offset is; undefined where there is none. */
  at(offset: number): Produced | undefined {
    const n = this.numbers.at(offset)
    return n === undefined ? undefined : { n, isCut: isCutOff(n), reading: readingAt(n) }
  }
}

/**
 * Reads what was produced, which is what everything else is held against. A batch whose answer was lost stands in the log twice: then offsets and numbers of
 * records go apart.
 *
 * Holds four bytes for each record, and two bits.
 */
export class LogReading {
  readonly partitions = Array.from({ length: PARTITIONS }, () => new PartitionReading())
  readonly #complaints: Complaints
  readonly #first: (partition: number, reading: number) => void

  /** @param first called for each reading when it comes for the first time */
  constructor(complaints: Complaints, first: (partition: number, reading: number) => void) {
    this.#complaints = complaints
    this.#first = first
  }

  take({ partition, offset, key, value }: TopicRecord): void {
    const there = this.partitions[partition]!
    const n = Number(String(key))
    const isRight = there.numbers.length === offset && n <= there.next
    if (!isRight || String(value) !== recordText(partition, n))
      this.#complaints.add(`the log itself at ${partition}@${offset}: not what was produced`)
    there.numbers.push(n)
    there.next = Math.max(there.next, n + 1)
    if (isCutOff(n)) return
    const reading = readingAt(n)
    there.newest = Math.max(there.newest, timeOf(reading))
    if (there.readings.add(reading)) this.#first(partition, reading)
  }

  /** How many records were produced, each counted once. */
  get produced(): number {
    return this.partitions.reduce((sum, { next }) => sum + next, 0)
  }
}
