import { linesOf } from '../../../support/checker/json-rows.ts'
import type { Complaints } from '../../../support/checker/world.ts'
import { pictureOf } from '../../trial/pipeline.ts'
import type { StoredObject } from '../../trial/remains.ts'
import { isPictured, PARTITIONS, recordText, textOf } from '../input.ts'
import { NAME } from '../pipeline.ts'
import { Bits } from './bits.ts'
import type { LogReading, Produced } from './log-reading.ts'
import type { Totals } from './totals.ts'

/** Sinks of which each row says which record it is of. */
const SINKS = ['raw', 'pictures', 'rejected'] as const
type Sink = (typeof SINKS)[number]

interface Row {
  readonly partition: number
  readonly offset: number
  /** What is kept. */
  readonly value?: unknown
  /** What is rejected, in base64. */
  readonly bytes?: string
}

/** Ticks off each record in each sink that it belongs to, in a bitmap for each partition. */
export class Rows {
  readonly #log: LogReading
  readonly #totals: Totals
  readonly #complaints: Complaints
  readonly #seen: Readonly<Record<Sink, readonly Bits[]>>
  /** By partition, the offset up to which nothing is missing. */
  readonly #whole = Array.from({ length: PARTITIONS }, () => 0)

  constructor(log: LogReading, totals: Totals, complaints: Complaints) {
    this.#log = log
    this.#totals = totals
    this.#complaints = complaints
    const bitmaps = (): Bits[] => Array.from({ length: PARTITIONS }, () => new Bits())
    this.#seen = { raw: bitmaps(), pictures: bitmaps(), rejected: bitmaps() }
  }

  /** All rows of an object. */
  object({ key, bytes }: Pick<StoredObject, 'key' | 'bytes'>): void {
    const sink = key.slice(NAME.length + 1).split('/')[0]!
    for (const row of linesOf(bytes)) {
      if (sink === 'totals') this.#totals.row(row)
      else this.#row(sink as Sink, row as Row)
    }
  }

  #row(sink: Sink, row: Row): void {
    const { partition, offset } = row
    const place = `${sink} ${partition}@${offset}`
    const record = this.#log.partitions[partition]?.at(offset)
    if (!record || !belongs(sink, record)) return this.#complaints.add(`${place}: foreign`)
    if (!this.#seen[sink][partition]!.add(offset)) return this.#complaints.add(`${place}: twice`)
    if (!isRight(sink, row, record)) this.#complaints.add(`${place}: altered`)
  }

  /** Records that are missing in a sink where they belong by now. */
  missing(): string[] {
    return this.#log.partitions.flatMap(({ numbers }, partition) => {
      const missing: string[] = []
      for (let offset = this.#whole[partition]!; offset < numbers.length; offset++)
        missing.push(...this.#missingAt(partition, offset))
      if (missing.length === 0) this.#whole[partition] = numbers.length
      return missing
    })
  }

  #missingAt(partition: number, offset: number): string[] {
    const record = this.#log.partitions[partition]!.at(offset)!
    return SINKS.filter(
      (sink) => belongs(sink, record) && !this.#seen[sink][partition]!.has(offset),
    ).map((sink) => `${sink} ${partition}@${offset}: missing`)
  }
}

function belongs(sink: Sink, { isCut, reading }: Produced): boolean {
  if (sink === 'rejected') return isCut
  return !isCut && (sink === 'raw' || isPictured(reading))
}

function isRight(sink: Sink, { partition, value, bytes }: Row, { n, reading }: Produced): boolean {
  if (sink === 'raw') return JSON.stringify(value) === textOf(partition, reading)
  if (sink === 'rejected') return bytes === Buffer.from(recordText(partition, n)).toString('base64')
  const id = `${partition}-${reading}`
  return JSON.stringify(value) === JSON.stringify({ id, picture: pictureOf(id) })
}
