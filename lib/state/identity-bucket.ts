/** Bytes of an entry: the identity's 16 and its time. */
export const ENTRY_BYTES = 24
const ENTRY_WORDS = ENTRY_BYTES / 4
const ENTRY_DOUBLES = ENTRY_BYTES / 8

const PAGE_SHIFT = 10
const PAGE_ENTRIES = 1 << PAGE_SHIFT
const FIRST_ENTRIES = 16
const MAX_LOAD = 0.8
const GROWTH = 1.5

/** Identity as four words; every bit of it counts, since those of a UUID are not random. */
export const hashOf = (words: Uint32Array, at: number): number => {
  let hash = 0
  for (let i = at; i < at + 4; i++) {
    hash = Math.imul(hash ^ (words[i] as number), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash, 0x85ebca77)
  return (hash ^ (hash >>> 13)) >>> 0
}

interface Page {
  readonly words: Uint32Array
  readonly times: Float64Array
  readonly bytes: Uint8Array
}

const newPage = (entries: number, copied?: Page): Page => {
  const bytes = new Uint8Array(entries * ENTRY_BYTES)
  if (copied) bytes.set(copied.bytes)
  return {
    bytes,
    words: new Uint32Array(bytes.buffer),
    times: new Float64Array(bytes.buffer),
  }
}

/**
 * Identities with their times, in the order in which they were added: pages of entries and an open-addressing index over them, 29–32 bytes an
 * identity. A slot of the index is the entry's number plus one in the lower bits and as much of its hash as fits above, so that a probe
 * rarely has to look at another identity's entry.
 */
export class IdentityBucket {
  count = 0
  /** Entries that an earlier delta or base holds. */
  written = 0
  #pages = [newPage(FIRST_ENTRIES)]
  #capacity = FIRST_ENTRIES
  #slots = new Uint32Array(FIRST_ENTRIES / MAX_LOAD)
  #numberBits = 5

  /** Bytes held in memory. */
  get memory(): number {
    return this.#capacity * ENTRY_BYTES + this.#slots.byteLength
  }

  /** The time of this identity, or undefined when it is not here. */
  find(identity: Uint32Array, hash: number): number | undefined {
    const slots = this.#slots
    const mask = 2 ** this.#numberBits - 1
    const tag = (hash << this.#numberBits) >>> 0
    for (let at = this.#home(hash); slots[at] !== 0; at = this.#after(at)) {
      const slot = slots[at] as number
      if ((slot & ~mask) >>> 0 !== tag) continue
      const number = (slot & mask) - 1
      const { words, times } = this.#pages[number >> PAGE_SHIFT] as Page
      const inPage = number & (PAGE_ENTRIES - 1)
      const word = inPage * ENTRY_WORDS
      if (
        words[word] === identity[0] &&
        words[word + 1] === identity[1] &&
        words[word + 2] === identity[2] &&
        words[word + 3] === identity[3]
      )
        return times[inPage * ENTRY_DOUBLES + 2]
    }
    return undefined
  }

  /** Add an identity that is not here. */
  add(identity: Uint32Array, hash: number, time: number): void {
    if (this.count === this.#capacity) this.#addPage()
    if (this.count >= this.#slots.length * MAX_LOAD) this.#growIndex()
    const { words, times } = this.#pages[this.count >> PAGE_SHIFT] as Page
    const inPage = this.count & (PAGE_ENTRIES - 1)
    const word = inPage * ENTRY_WORDS
    for (let i = 0; i < 4; i++) words[word + i] = identity[i] as number
    times[inPage * ENTRY_DOUBLES + 2] = time
    this.#point(hash, this.count++)
  }

  /** Entries from number `from` on, as bytes of the store itself. */
  *bytesFrom(from: number): Generator<Uint8Array> {
    for (let at = from; at < this.count;) {
      const end = Math.min(this.count, (at | (PAGE_ENTRIES - 1)) + 1)
      const first = at & ~(PAGE_ENTRIES - 1)
      const { bytes } = this.#pages[at >> PAGE_SHIFT] as Page
      yield bytes.subarray((at - first) * ENTRY_BYTES, (end - first) * ENTRY_BYTES)
      at = end
    }
  }

  #home(hash: number): number {
    return Math.floor((hash / 2 ** 32) * this.#slots.length)
  }

  #after(slot: number): number {
    return slot + 1 === this.#slots.length ? 0 : slot + 1
  }

  #point(hash: number, number: number): void {
    let at = this.#home(hash)
    while (this.#slots[at] !== 0) at = this.#after(at)
    this.#slots[at] = ((hash << this.#numberBits) | (number + 1)) >>> 0
  }

  #addPage(): void {
    const first = this.#pages[0] as Page
    if (this.#capacity < PAGE_ENTRIES) {
      this.#capacity *= 2
      this.#pages = [newPage(this.#capacity, first)]
    } else {
      this.#capacity += PAGE_ENTRIES
      this.#pages.push(newPage(PAGE_ENTRIES))
    }
  }

  #growIndex(): void {
    const length = Math.ceil(this.#slots.length * GROWTH)
    this.#slots = new Uint32Array(length)
    this.#numberBits = 32 - Math.clz32(length)
    for (let number = 0; number < this.count; number++) {
      const { words } = this.#pages[number >> PAGE_SHIFT] as Page
      this.#point(hashOf(words, (number & (PAGE_ENTRIES - 1)) * ENTRY_WORDS), number)
    }
  }
}
