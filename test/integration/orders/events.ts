/** A record as it is produced. */
export interface Produced {
  readonly partition: number
  readonly value: Buffer | null
}

export const PARTITIONS = 3

const HOUR = 3_600_000
const CATEGORIES = ['books', 'toys', 'a/b=c', 'größe']
const COUNTRIES = ['AT', 'DE', 'CH', null]
const CURRENCIES = ['EUR', 'CHF', 'XXX']

/** From the noon before the clocks of Vienna are put forward. */
const BEGIN = Date.UTC(2025, 2, 29, 11)

/** Event time from one order to the next. */
const STEP = 6_000

/** Numbers from 0 to below 1 that look random and are the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Makes records of orders, one slice after the other, as good and as bad as they come in life. */
export class Orders {
  readonly #random: () => number
  #n = 0
  /** The last lines of each partition, some of which come again. */
  readonly #lately: string[][] = Array.from({ length: PARTITIONS }, () => [])

  constructor(seed: number) {
    this.#random = randomOf(seed)
  }

  /** About so many orders. */
  slice(orders: number): Produced[] {
    const records: Produced[] = []
    for (const end = this.#n + orders; this.#n < end;) records.push(this.#record())
    return records
  }

  #record(): Produced {
    const partition = this.#below(PARTITIONS)
    if (this.#is(0.002)) return { partition, value: this.#is(0.5) ? null : Buffer.alloc(1, '\n') }
    const lines = Array.from({ length: 1 + this.#below(8) }, () => this.#line(partition))
    const end = this.#is(0.2) ? '\r\n' : '\n'
    const text = lines.join(end) + (this.#is(0.5) ? end : '')
    return { partition, value: text === '' ? null : Buffer.from(text) }
  }

  #line(partition: number): string {
    const lately = this.#lately[partition]!
    if (lately.length > 0 && this.#is(0.03)) return lately[this.#below(lately.length)]!
    if (this.#is(0.005)) return '{"id":"broken'
    if (this.#is(0.005)) return JSON.stringify({ id: '', at: BEGIN, items: [] })
    if (this.#is(0.005)) return ''
    const line = JSON.stringify(this.#order())
    lately.push(line)
    if (lately.length > 200) lately.shift()
    return line
  }

  #order() {
    const n = this.#n++
    return {
      id: `order-${n}`,
      at: BEGIN + n * STEP - this.#delay(),
      country: this.#of(COUNTRIES),
      currency: this.#of(CURRENCIES),
      items: Array.from({ length: this.#below(4) }, () => ({
        sku: this.#is(0.0005) ? 'sku-unknown' : `sku-${this.#below(300)}`,
        category: this.#of(CATEGORIES),
        price: this.#below(100_000),
        quantity: 1 + this.#below(3),
      })),
      note: 'ü'.repeat(this.#below(100)),
    }
  }

  /** Nearly none; or so much that an event is late for some windows, for all of them, or for dedupe; or it is in the future. */
  #delay(): number {
    const which = this.#random()
    if (which < 0.005) return 3 * HOUR
    if (which < 0.008) return 9 * HOUR
    if (which < 0.01) return 30 * HOUR
    if (which < 0.011) return 60 * HOUR
    if (which < 0.012) return -1e6 * HOUR
    return this.#below(100_000)
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n)
  }

  #is(chance: number): boolean {
    return this.#random() < chance
  }

  #of<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)]!
  }
}
