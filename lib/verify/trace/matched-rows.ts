import { hash } from 'node:crypto'
import type { StagedObject } from '../../commit/record.ts'
import type { SourceRecord } from '../../message.ts'
import { likenessOf, likenessTo } from './likeness.ts'
import type { Row } from './row-reader.ts'

/** Rows that are alike, by their numbers, and how many of them have a record. */
interface Alike {
  readonly numbers: number[]
  matched: number
}

/** The rows of an object as they are now, and the records that they are like. */
export class MatchedRows {
  readonly #alike = new Map<string, Alike>()
  readonly #offsets: (number | undefined)[] = []
  #sample: Row | undefined
  matched = 0

  get count(): number {
    return this.#offsets.length
  }

  add(row: Row): void {
    if (this.#sample?.value === undefined) this.#sample = row
    this.#offsets.push(undefined)
    const like = likenessOf(row)
    if (like === undefined) return
    const alike = this.#alike.get(printOf(like))
    if (alike) alike.numbers.push(this.count)
    else this.#alike.set(printOf(like), { numbers: [this.count], matched: 0 })
  }

  match(record: SourceRecord): void {
    const alike = this.#alikeTo(record)
    const row = alike?.numbers[alike.matched]
    if (!alike || row === undefined) return
    this.#offsets[row - 1] = record.offset
    alike.matched++
    this.matched++
  }

  /** Whether a record is like one of the rows. */
  has(record: SourceRecord): boolean {
    return this.#alikeTo(record) !== undefined
  }

  get firstUnmatched(): number | undefined {
    const at = this.#offsets.indexOf(undefined)
    return at < 0 ? undefined : at + 1
  }

  /** The offsets of the rows around one that has none; of the object, where rows do not stand in the order of the log. */
  around(row: number, { firstOffset, lastOffset }: StagedObject): [number, number] {
    const before = this.#offsets.slice(0, row - 1).findLast((offset) => offset !== undefined)
    const after = this.#offsets.slice(row).find((offset) => offset !== undefined)
    const [low, high] = [before ?? firstOffset - 1, after ?? lastOffset + 1]
    return low < high ? [low, high] : [firstOffset - 1, lastOffset + 1]
  }

  hasOffset(offset: number): boolean {
    return this.#offsets.includes(offset)
  }

  /** How many rows are of earlier records. */
  before(offset: number): number {
    return this.#offsets.filter((each) => each !== undefined && each < offset).length
  }

  offsetOf(row: number): number | undefined {
    return this.#offsets[row - 1]
  }

  /** The first of the rows that are like this one. */
  firstLike(row: number): number {
    for (const { numbers } of this.#alike.values())
      if (numbers.includes(row)) return numbers[0] as number
    return row
  }

  /** The numbers of all rows in the order of their records. */
  get inOrder(): number[] {
    return this.#offsets
      .map((offset = 0, at) => ({ offset, number: at + 1 }))
      .toSorted((a, b) => a.offset - b.offset)
      .map(({ number }) => number)
  }

  #alikeTo(record: SourceRecord): Alike | undefined {
    const like = this.#sample && likenessTo(record, this.#sample)
    return like === undefined ? undefined : this.#alike.get(printOf(like))
  }
}

/** Stands for a text, however long. */
const printOf = (text: string): string => hash('sha256', text, 'base64').slice(0, 16)
