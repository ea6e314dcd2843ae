const SMALLEST = 4
const MOST_LOAD = 0.6

/** A set of 64-bit hashes, each as two words: open addressing, 8 bytes a slot. */
export class HashSet {
  size = 0
  #slots = new Uint32Array(2 * SMALLEST)
  #mask = SMALLEST - 1

  /** Add a hash; its low word must be random, as that of any hash is. */
  add(high: number, low: number): void {
    if ((high | low) === 0) return this.add(0, 1)
    const slots = this.#slots
    for (let at = low & this.#mask; ; at = (at + 1) & this.#mask) {
      const ownLow = slots[2 * at] as number
      const ownHigh = slots[2 * at + 1] as number
      if (ownLow === low && ownHigh === high) return
      if ((ownLow | ownHigh) !== 0) continue
      slots[2 * at] = low
      slots[2 * at + 1] = high
      if (++this.size > MOST_LOAD * (this.#mask + 1)) this.#grow()
      return
    }
  }

  forEach(visit: (high: number, low: number) => void): void {
    visitAll(this.#slots, visit)
  }

  /** The hashes in ascending order, 8 bytes each, so that equal sets are written alike. */
  write(): Buffer {
    const sorted = new BigUint64Array(this.size)
    const words = new Uint32Array(sorted.buffer)
    let at = 0
    this.forEach((high, low) => {
      words[at++] = low
      words[at++] = high
    })
    return Buffer.from(sorted.sort().buffer)
  }

  static read(bytes: Buffer): HashSet {
    const set = new HashSet()
    for (let at = 0; at < bytes.length; at += 8)
      set.add(bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at))
    return set
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(2 * old.length)
    this.#mask = old.length - 1
    this.size = 0
    visitAll(old, (high, low) => this.add(high, low))
  }
}

function visitAll(slots: Uint32Array, visit: (high: number, low: number) => void): void {
  for (let at = 0; at < slots.length; at += 2) {
    const low = slots[at] as number
    const high = slots[at + 1] as number
    if ((low | high) !== 0) visit(high, low)
  }
}
