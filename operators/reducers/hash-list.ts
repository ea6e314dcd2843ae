/** In hashes. */
const FIRST_CAPACITY = 8
/** Smaller lists grow without being sorted first: sorting a few costs more than the place for twice as many. */
const SORTED_FROM = 64

/**
 * Different 64-bit hashes, each as two words, 8 bytes each. They are appended as they come; which of them are different is found by sorting them, when
 * the list is full and when somebody asks. A hash table would take more time, and have to be sorted all the same to be written.
 */
export class HashList {
  /** Pairs of a low and a high word. */
  #words = new Uint32Array(2 * FIRST_CAPACITY)
  #length = 0
  /** So many from the start are sorted and different. */
  #settled = 0

  /** How many there are, before those that are the same are found. */
  get length(): number {
    return this.#length
  }

  add(high: number, low: number): void {
    if (2 * this.#length === this.#words.length) this.#makeRoom()
    const at = 2 * this.#length++
    this.#words[at] = low
    this.#words[at + 1] = high
  }

  /** Add all of another list. */
  addAll(other: HashList): void {
    const length = this.#length + other.#length
    if (2 * length > this.#words.length) this.#resize(length)
    this.#words.set(other.#words.subarray(0, 2 * other.#length), 2 * this.#length)
    this.#length = length
  }

  /** How many are different. */
  get size(): number {
    this.#settle()
    return this.#length
  }

  forEach(visit: (high: number, low: number) => void): void {
    this.#settle()
    const words = this.#words
    for (let at = 0; at < 2 * this.#length; at += 2)
      visit(words[at + 1] as number, words[at] as number)
  }

  /** The hashes in ascending order, 8 bytes each, so that equal lists are written alike. Valid until the list changes. */
  write(): Buffer {
    this.#settle()
    return Buffer.from(this.#words.buffer, 0, 8 * this.#length)
  }

  static read(bytes: Buffer): HashList {
    const list = new HashList()
    list.#resize(bytes.length / 8)
    Buffer.from(list.#words.buffer).set(bytes)
    list.#length = list.#settled = bytes.length / 8
    return list
  }

  #makeRoom(): void {
    if (this.#length >= SORTED_FROM) this.#settle()
    // At least half of it is free then, or it would soon be sorted again
    if (4 * this.#length > this.#words.length) this.#resize(this.#words.length)
  }

  #resize(capacity: number): void {
    const old = this.#words
    this.#words = new Uint32Array(2 * capacity)
    this.#words.set(old.subarray(0, 2 * this.#length))
  }

  #settle(): void {
    if (this.#settled === this.#length) return
    const words = this.#words
    new BigUint64Array(words.buffer, 0, this.#length).sort()
    let end = 2
    for (let at = 2; at < 2 * this.#length; at += 2) {
      if (words[at] === words[end - 2] && words[at + 1] === words[end - 1]) continue
      words[end] = words[at] as number
      words[end + 1] = words[at + 1] as number
      end += 2
    }
    this.#length = this.#settled = end / 2
  }
}
