import type { Reducer } from '../reducers.ts'
import { ExactSums } from './exact-sum.ts'

/**
 * The running totals of one reducer for many keys, each in its row: what an epoch adds up. An event is added to all its rows at once, so that a reducer
 * is asked once for it, and totals that are numbers lie side by side.
 */
export interface Accumulator<V> {
  /** Begin the totals of the rows from the last one on, up to so many. */
  grow(rows: number): void
  /**
   * Find out what the next `add` of the same value comes to, and change nothing: for reducers whose own `add` may throw. A row that has not begun yet
   * is -1.
   */
  prepare?(value: V, rows: readonly number[], length: number): void
  /** Add what counts of an event to the totals of its rows: the first `length` of these. */
  add(value: V, rows: readonly number[], length: number): void
  /** The total of a row, as the reducer itself writes it. */
  write(row: number): unknown
}

/** The totals of a reducer that has no better place for them. */
export function accumulatorOf<V>(reducer: Reducer<never, unknown, V>): Accumulator<V> {
  if (reducer.accumulator) return reducer.accumulator()
  return reducer.mayThrow ? new PreparedTotals(reducer) : new Totals(reducer)
}

class Totals<V> implements Accumulator<V> {
  protected readonly reducer: Reducer<never, unknown, V>
  protected readonly totals: unknown[] = []

  constructor(reducer: Reducer<never, unknown, V>) {
    this.reducer = reducer
  }

  grow(rows: number): void {
    while (this.totals.length < rows) this.totals.push(this.reducer.initial())
  }

  add(value: V, rows: readonly number[], length: number): void {
    const { reducer, totals } = this
    for (let i = 0; i < length; i++) {
      const row = rows[i] as number
      totals[row] = reducer.add(totals[row], value)
    }
  }

  write(row: number): unknown {
    return this.reducer.write(this.totals[row])
  }
}

class PreparedTotals<V> extends Totals<V> {
  #prepared: unknown[] = []

  prepare(value: V, rows: readonly number[], length: number): void {
    const { reducer, totals } = this
    this.#prepared = rows
      .slice(0, length)
      .map((row) => reducer.add(row < 0 ? reducer.initial() : totals[row], value))
  }

  override add(_: V, rows: readonly number[], length: number): void {
    for (let i = 0; i < length; i++) this.totals[rows[i] as number] = this.#prepared[i]
  }
}

export class Counts implements Accumulator<undefined> {
  #counts = new Float64Array(0)

  grow(rows: number): void {
    this.#counts = roomFor(rows, this.#counts)
  }

  add(_: undefined, rows: readonly number[], length: number): void {
    const counts = this.#counts
    for (let i = 0; i < length; i++) counts[rows[i] as number]!++
  }

  write(row: number): unknown {
    return this.#counts[row]
  }
}

export class Sums implements Accumulator<number | null> {
  readonly #sums = new ExactSums()

  grow(rows: number): void {
    this.#sums.grow(rows)
  }

  add(value: number | null, rows: readonly number[], length: number): void {
    if (value === null) return
    for (let i = 0; i < length; i++) this.#sums.add(value, rows[i] as number)
  }

  write(row: number): unknown {
    return this.#sums.at(row).write()
  }
}

export class Means implements Accumulator<number | null> {
  readonly #sums = new ExactSums()
  #counts = new Float64Array(0)

  grow(rows: number): void {
    this.#sums.grow(rows)
    this.#counts = roomFor(rows, this.#counts)
  }

  add(value: number | null, rows: readonly number[], length: number): void {
    if (value === null) return
    for (let i = 0; i < length; i++) {
      const row = rows[i] as number
      this.#sums.add(value, row)
      this.#counts[row]!++
    }
  }

  write(row: number): unknown {
    return [this.#counts[row], this.#sums.at(row).write()]
  }
}

type Sign = 1 | -1

/** The lowest number is the highest one with its sign turned. Handed to a function that compares, every number would become an object. */
export const signOf = (name: 'min' | 'max'): Sign => (name === 'min' ? -1 : 1)

/** The lowest or highest numbers: NaN where none has come. */
export class Extremes implements Accumulator<number | null> {
  readonly #sign: Sign
  #values = new Float64Array(0)

  constructor(sign: Sign) {
    this.#sign = sign
  }

  grow(rows: number): void {
    const { length } = this.#values
    this.#values = roomFor(rows, this.#values)
    this.#values.fill(NaN, length)
  }

  add(value: number | null, rows: readonly number[], length: number): void {
    if (value === null) return
    const values = this.#values
    const sign = this.#sign
    for (let i = 0; i < length; i++) {
      const row = rows[i] as number
      const total = values[row] as number
      if (Number.isNaN(total) || sign * value > sign * total) values[row] = value
    }
  }

  write(row: number): unknown {
    const value = this.#values[row] as number
    return Number.isNaN(value) ? null : value
  }
}

/** The same numbers, with room for so many. */
function roomFor(length: number, numbers: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  if (length <= numbers.length) return numbers
  const larger = new Float64Array(2 * length)
  larger.set(numbers)
  return larger
}
