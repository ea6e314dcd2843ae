/** In hashes. */
const FIRST_CAPACITY = 8
/** What does not fit into the first capacity gets this one, without being sorted first: sorting a few costs more than place for more. */
const SECOND_CAPACITY = 64

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
    if (2 * this.#length >= this.#words.length) this.#makeRoom()
    const at = 2 * this.#length++
    this.#words[at] = low
    this.#words[at + 1] = high
  }

  /** Add all of another list. */
  addAll(other: HashList): void {
    this.#settle()
    other.#settle()
    this.#unite(other.#words.subarray(0, 2 * other.#length), 0)
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
    const words = new Uint32Array(bytes.length / 4)
    Buffer.from(words.buffer).set(bytes)
    return HashList.of(words)
  }

  /** @param words pairs of a low and a high word, different and in ascending order */
  static of(words: Uint32Array<ArrayBuffer>): HashList {
    const list = new HashList()
    list.#words = words
    list.#length = list.#settled = words.length / 2
    return list
  }

  #makeRoom(): void {
    if (this.#length < SECOND_CAPACITY) return this.#resize(SECOND_CAPACITY)
    this.#settle()
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
    const fresh = this.#words.subarray(2 * this.#settled, 2 * this.#length)
    new BigUint64Array(fresh.buffer, fresh.byteOffset, fresh.length / 2).sort()
    this.#unite(fresh, this.#words.length / 2)
  }

  /** Settle other hashes with those that are settled already; they are sorted. */
  #unite(others: Uint32Array, capacity: number): void {
    const own = this.#words
    const end = 2 * this.#settled
    const words = new Uint32Array(Math.max(2 * capacity, end + others.length))
    let length = 0
    for (let at = 0, other = 0; at < end || other < others.length;) {
      const isOwn = other === others.length || (at < end && isBelow(own, at, others, other))
      const low = (isOwn ? own[at++] : others[other++]) as number
      const high = (isOwn ? own[at++] : others[other++]) as number
      if (length > 0 && words[length - 2] === low && words[length - 1] === high) continue
      words[length] = low
      words[length + 1] = high
      length += 2
    }
    this.#words = words
    this.#length = this.#settled = length / 2
  }
}

/** Whether the hash at `i` of one list is less than that at `j` of the other. */
const isBelow = (a: Uint32Array, i: number, b: Uint32Array, j: number): boolean =>
  a[i + 1] === b[j + 1]
    ? (a[i] as number) < (b[j] as number)
    : (a[i + 1] as number) < (b[j + 1] as number)
