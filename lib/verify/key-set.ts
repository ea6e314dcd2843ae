import { hash } from 'node:crypto'

const FIRST_CAPACITY = 1_024
const FULLEST = 0.7

/**
 * A set of texts that can only be asked whether they are in it. Holds 8 to 23 bytes for each, however long: the 64 bits that stand for two different
 * texts are equal once in 10^19 pairs.
 */
export class KeySet {
  #slots = new BigUint64Array(FIRST_CAPACITY)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Says whether it is new. */
  add(text: string): boolean {
    if (this.#size >= this.#slots.length * FULLEST) this.#grow()
    return this.#put(fingerprint(text))
  }

  has(text: string): boolean {
    const print = fingerprint(text)
    return this.#slots[this.#slotOf(print)] === print
  }

  #put(print: bigint): boolean {
    const slot = this.#slotOf(print)
    if (this.#slots[slot] === print) return false
    this.#slots[slot] = print
    this.#size++
    return true
  }

  /** Where it is, or the empty slot where it belongs. */
  #slotOf(print: bigint): number {
    const mask = this.#slots.length - 1
    let slot = Number(print & BigInt(mask))
    for (;;) {
      const there = this.#slots[slot]
      if (there === 0n || there === print) return slot
      slot = (slot + 1) & mask
    }
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new BigUint64Array(before.length * 2)
    this.#size = 0
    for (const print of before) if (print !== 0n) this.#put(print)
  }
}

/** Never 0, which marks an empty slot. */
const fingerprint = (text: string): bigint => hash('sha256', text, 'buffer').readBigUInt64LE() || 1n
