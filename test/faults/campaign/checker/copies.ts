import { Repeats } from '../../../support/checker/repeats.ts'
import type { Complaints } from '../../../support/checker/world.ts'
import type { TopicRecord } from '../../trial/remains.ts'
import { PARTITIONS, textOf } from '../input.ts'
import { Bits } from './bits.ts'
import type { LogReading } from './log-reading.ts'

/** Ticks off the messages that were produced: each reading once, as it was, for a reader that drops repeats. */
export class Copies {
  /** Messages that are marked as repeats. */
  repeated = 0
  readonly #log: LogReading
  readonly #complaints: Complaints
  readonly #repeats = new Repeats()
  readonly #seen = Array.from({ length: PARTITIONS }, () => new Bits())
  /** By partition of the input, the reading up to which nothing is missing. */
  readonly #whole = Array.from({ length: PARTITIONS }, () => 0)

  constructor(log: LogReading, complaints: Complaints) {
    this.#log = log
    this.#complaints = complaints
  }

  take(record: TopicRecord): void {
    if (this.#repeats.has(record)) return void this.repeated++
    const text = String(record.value)
    const [, partition, reading] = (/^\{"id":"(\d+)-(\d+)"/.exec(text) ?? []).map(Number)
    if (partition === undefined || reading === undefined || text !== textOf(partition, reading))
      return this.#complaints.add(`copies ${record.partition}@${record.offset}: ${text}`)
    if (!this.#log.partitions[partition]?.readings.has(reading))
      this.#complaints.add(`copies ${partition}-${reading}: foreign`)
    else if (!this.#seen[partition]!.add(reading))
      this.#complaints.add(`copies ${partition}-${reading}: twice`)
  }

  /** Readings of which there is no message by now. */
  missing(): string[] {
    return this.#log.partitions.flatMap(({ readings, next }, partition) => {
      const missing: string[] = []
      for (let reading = this.#whole[partition]!; reading < next; reading++)
        if (readings.has(reading) && !this.#seen[partition]!.has(reading))
          missing.push(`copies ${partition}-${reading}: missing`)
      // a repeat may bring a reading that was cut off, from so long ago
      if (missing.length === 0) this.#whole[partition] = Math.max(0, next - 5_000)
      return missing
    })
  }
}
