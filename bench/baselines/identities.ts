const ENTRY_WORDS = 4
const MOST_LOAD = 0.7

/** Identities of 128 bits with their times, in typed arrays: open addressing, 24 bytes a slot. */
class Table {
  #mask = 2 ** 14 - 1
  #words = new Uint32Array(ENTRY_WORDS * (this.#mask + 1))
  #times = new Float64Array(this.#mask + 1).fill(NaN)
  #size = 0

  /** When this identity was kept; NaN when it was not. */
  timeOf(a: number, b: number, c: number, d: number): number {
    return this.#times[this.#slotOf(a, b, c, d)]!
  }

  add(a: number, b: number, c: number, d: number, time: number): void {
    if (this.#size++ > MOST_LOAD * this.#mask) this.#grow()
    const slot = this.#slotOf(a, b, c, d)
    this.#words[slot * ENTRY_WORDS] = a
    this.#words[slot * ENTRY_WORDS + 1] = b
    this.#words[slot * ENTRY_WORDS + 2] = c
    this.#words[slot * ENTRY_WORDS + 3] = d
    this.#times[slot] = time
  }

  /** Where it is, or where it belongs. The words of a random UUID are as good as a hash. */
  #slotOf(a: number, b: number, c: number, d: number): number {
    const words = this.#words
    for (let slot = (a ^ d) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      if (Number.isNaN(this.#times[slot])) return slot
      const at = slot * ENTRY_WORDS
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d)
        return slot
    }
  }

  #grow(): void {
    const [words, times] = [this.#words, this.#times]
    this.#mask = 2 * this.#mask + 1
    this.#words = new Uint32Array(2 * words.length)
    this.#times = new Float64Array(2 * times.length).fill(NaN)
    for (let slot = 0; slot < times.length; slot++) {
      if (Number.isNaN(times[slot])) continue
      const at = slot * ENTRY_WORDS
      this.add(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!, times[slot]!)
      this.#size--
    }
  }
}

/** Finds events of one identity that are less than a span apart in event time. Holds the identities of the last two to three spans. */
export class Identities {
  readonly #span: number
  readonly #tables = new Map<number, Table>()

  /** @param span in ms */
  constructor(span: number) {
    this.#span = span
  }

  /** Keep a UUID, unless it was kept less than a span away: then false. */
  keep(uuid: string, time: number): boolean {
    const a = word(uuid, 0, 4)
    const b = word(uuid, 9, 14)
    const c = word(uuid, 19, 24)
    const d = word(uuid, 28, 32)
    const span = Math.floor(time / this.#span)
    for (let near = span - 1; near <= span + 1; near++) {
      const kept = this.#tables.get(near)?.timeOf(a, b, c, d) ?? NaN
      if (Math.abs(kept - time) < this.#span) return false
    }
    let table = this.#tables.get(span)
    if (!table) this.#tables.set(span, (table = new Table()))
    table.add(a, b, c, d, time)
    return true
  }

  /** Forget the spans that end at or before a time. */
  forget(time: number): void {
    for (const span of this.#tables.keys())
      if ((span + 1) * this.#span <= time) this.#tables.delete(span)
  }
}

const NIBBLES = new Uint8Array(128)
for (let value = 0; value < 16; value++) NIBBLES[value.toString(16).charCodeAt(0)] = value

/** Eight hexadecimal digits: four from each place. */
const word = (text: string, high: number, low: number): number =>
  ((half(text, high) << 16) | half(text, low)) >>> 0

const half = (text: string, at: number): number =>
  (NIBBLES[text.charCodeAt(at)]! << 12) |
  (NIBBLES[text.charCodeAt(at + 1)]! << 8) |
  (NIBBLES[text.charCodeAt(at + 2)]! << 4) |
  NIBBLES[text.charCodeAt(at + 3)]!
