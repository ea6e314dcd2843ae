import { exactly, nearest } from '../../../support/checker/exact-sum.ts'
import type { Complaints } from '../../../support/checker/world.ts'
import { sensorOf, timeOf, valueOf } from '../input.ts'
import { WINDOW } from '../pipeline.ts'

interface Total {
  readonly sensor: string
  readonly start: number
  readings: number
  sum: bigint
}

/** Adds up again what the pipeline adds up, to the last digit, and ticks off its rows. Holds one total for each sensor and window. */
export class Totals {
  readonly #totals = new Map<string, Total>()
  readonly #rows = new Map<string, string>()
  /** Of each value, as there are few. */
  readonly #exact = new Map<number, bigint>()
  readonly #complaints: Complaints

  constructor(complaints: Complaints) {
    this.#complaints = complaints
  }

  /** A reading that counts. */
  add(partition: number, reading: number): void {
    const sensor = sensorOf(reading)
    const start = Math.floor(timeOf(reading) / WINDOW) * WINDOW
    const key = `${sensor} ${start}`
    let total = this.#totals.get(key)
    if (!total) this.#totals.set(key, (total = { sensor, start, readings: 0, sum: 0n }))
    total.readings++
    total.sum += this.#exactly(valueOf(partition, reading))
  }

  /** A row that the pipeline has written. */
  row(row: unknown): void {
    const { sensor, window } = row as { sensor: string; window: { start: number } }
    const key = `${sensor} ${window.start}`
    if (this.#rows.has(key)) this.#complaints.add(`totals ${key}: twice`)
    this.#rows.set(key, JSON.stringify(row))
  }

  /**
   * What is wrong by now.
   *
   * @param until windows that end by then have to be there
   */
  wrong(until: number): string[] {
    const found = new Set(this.#rows.keys())
    const wrong: string[] = []
    for (const [key, total] of this.#totals) {
      const row = this.#rows.get(key)
      found.delete(key)
      if (row === undefined) {
        if (total.start + WINDOW <= until) wrong.push(`totals ${key}: missing`)
      } else if (row !== textOf(total)) wrong.push(`totals ${key}: ${row}`)
    }
    return [...wrong, ...Array.from(found, (key) => `totals ${key}: foreign`)]
  }

  #exactly(value: number): bigint {
    const known = this.#exact.get(value)
    if (known !== undefined) return known
    const exact = exactly(value)
    this.#exact.set(value, exact)
    return exact
  }
}

const textOf = ({ sensor, start, readings, sum }: Total): string =>
  JSON.stringify({
    sensor,
    window: { start, end: start + WINDOW },
    readings,
    value: nearest(sum),
  })
