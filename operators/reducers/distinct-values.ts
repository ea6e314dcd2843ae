import { hash64 } from '../../lib/state/hash.ts'
import type { Accumulator } from './accumulator.ts'
import { DistinctCount } from './distinct-count.ts'

/** What can be told apart. `5` is not `'5'`. */
export type Value = string | number | boolean

/** Most values that get a number: of more, rows hold hashes. */
const MOST_NUMBERED = 4_096
const FIRST_WORDS = 8

/** The 64-bit hash of a value. */
export const hashOf = (value: Value): bigint =>
  hash64(typeof value === 'string' ? value : `${typeof value}\0${value}`)

/**
 * The distinct values of many keys. The same ones come again and again, and each under several keys: so a value is hashed once and gets a number, and a
 * row is a set of bits. Where there are too many for that, each row counts by itself.
 */
export class DistinctValues implements Accumulator<Value | null> {
  #numbers: Map<Value, number> | undefined = new Map()
  readonly #hashes: bigint[] = []
  /** The numbers by their hashes, as of the last time that somebody asked. */
  #order = new Order([])
  /** By row, while values have numbers. */
  #bits: Uint32Array<ArrayBuffer>[] = []
  /** By row, when they have not any more. */
  readonly #counts: DistinctCount[] = []

  grow(rows: number): void {
    if (this.#numbers)
      while (this.#bits.length < rows) this.#bits.push(new Uint32Array(FIRST_WORDS))
    else while (this.#counts.length < rows) this.#counts.push(new DistinctCount())
  }

  add(value: Value | null, rows: readonly number[], length: number): void {
    if (value === null) return
    const number = this.#numbers?.get(value) ?? this.#numberOf(value)
    if (number === undefined) return this.#count(hashOf(value), rows, length)
    const word = number >>> 5
    const bit = 1 << (number & 31)
    for (let i = 0; i < length; i++) {
      const row = rows[i] as number
      let bits = this.#bits[row] as Uint32Array
      if (word >= bits.length) bits = this.#widen(row, word)
      bits[word]! |= bit
    }
  }

  write(row: number): string {
    return (this.#counts[row] ?? this.#countOf(this.#bits[row] as Uint32Array)).write()
  }

  /** Give a new value a number; undefined where there are too many. */
  #numberOf(value: Value): number | undefined {
    if (!this.#numbers) return undefined
    const number = this.#numbers.size
    if (number === MOST_NUMBERED) return this.#giveUp()
    this.#numbers.set(value, number)
    this.#hashes.push(hashOf(value))
    return number
  }

  #giveUp(): undefined {
    for (const bits of this.#bits) this.#counts.push(this.#countOf(bits))
    this.#bits = []
    this.#numbers = undefined
  }

  #widen(row: number, word: number): Uint32Array {
    const bits = this.#bits[row] as Uint32Array
    const wider = new Uint32Array(Math.max(2 * bits.length, word + 1))
    wider.set(bits)
    return (this.#bits[row] = wider)
  }

  #countOf(bits: Uint32Array): DistinctCount {
    if (this.#order.size < this.#hashes.length) this.#order = new Order(this.#hashes)
    return DistinctCount.of(this.#order.hashesOf(bits))
  }

  #count(hash: bigint, rows: readonly number[], length: number): void {
    const high = Number(hash >> 32n)
    const low = Number(hash & 0xffff_ffffn)
    for (let i = 0; i < length; i++) this.#counts[rows[i] as number]?.add(high, low)
  }
}

/** Hashes in ascending order, each with its number. */
class Order {
  readonly #numbers: Uint32Array
  /** Pairs of a low and a high word. */
  readonly #words: Uint32Array

  constructor(hashes: readonly bigint[]) {
    const words = new Uint32Array(BigUint64Array.from(hashes).buffer)
    this.#numbers = Uint32Array.from(hashes.keys()).sort(
      (a, b) => words[2 * a + 1]! - words[2 * b + 1]! || words[2 * a]! - words[2 * b]!,
    )
    this.#words = new Uint32Array(words.length)
    for (const [at, number] of this.#numbers.entries())
      this.#words.set(words.subarray(2 * number, 2 * number + 2), 2 * at)
  }

  get size(): number {
    return this.#numbers.length
  }

  /** Those whose numbers are in a set of bits: pairs of a low and a high word. */
  hashesOf(bits: Uint32Array): Uint32Array<ArrayBuffer> {
    const [numbers, words] = [this.#numbers, this.#words]
    const found = new Uint32Array(words.length)
    let length = 0
    for (let at = 0; at < numbers.length; at++) {
      const number = numbers[at] as number
      if (((bits[number >>> 5] ?? 0) & (1 << (number & 31))) === 0) continue
      found[length++] = words[2 * at] as number
      found[length++] = words[2 * at + 1] as number
    }
    return found.slice(0, length)
  }
}
