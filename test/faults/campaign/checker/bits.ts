/** A bitmap that grows: an eighth of a byte for each number up to the highest one in it. */
export class Bits {
  #bytes = new Uint8Array(1_024)

  has(n: number): boolean {
    return ((this.#bytes[n >> 3] ?? 0) & (1 << (n & 7))) !== 0
  }

  /** Whether it was not there before. */
  add(n: number): boolean {
    if (this.has(n)) return false
    while (n >> 3 >= this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes[n >> 3]! |= 1 << (n & 7)
    return true
  }
}

/** A list of whole numbers below 2^32 that grows: four bytes each. */
export class Numbers {
  #values = new Uint32Array(1_024)
  length = 0

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Uint32Array(this.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.length++] = value
  }

  /** Undefined behind the end. */
  at(index: number): number | undefined {
    return index >= 0 && index < this.length ? this.#values[index] : undefined
  }
}
