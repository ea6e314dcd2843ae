import { messageOf, SluiceError } from '../../lib/errors.ts'
import type { Reducer } from '../reducers.ts'
import { type Accumulator, accumulatorOf } from '../reducers/accumulator.ts'
import type { Window } from '../windows.ts'

/** One running total for each column. */
export type Totals = unknown[]

/** What totals are of: errors say it. */
export interface Place extends Window {
  readonly key: string
}

/** The reducers of a `reduce` under the names of their columns, as one reducer of all columns. A reducer that throws stops the lane and says where. */
export class Columns<T> {
  readonly reducers: readonly Reducer<T, unknown>[]
  readonly #names: readonly string[]

  constructor(reducers: Readonly<Record<string, Reducer<T, unknown>>>) {
    this.#names = Object.keys(reducers)
    this.reducers = Object.values(reducers)
  }

  initial(): Totals {
    return this.reducers.map((reducer) => reducer.initial())
  }

  /** For each column the totals of many keys. */
  accumulators(): Accumulator<unknown>[] {
    return this.reducers.map((reducer) => accumulatorOf(reducer))
  }

  /** Totals and other ones, which stay as they are. */
  merge(totals: Totals, others: Totals, place: Place): Totals {
    return this.#all('merge', place, (reducer, i) => reducer.merge(totals[i], others[i]))
  }

  /** The columns of a result. */
  results(totals: Totals, place: Place): Record<string, unknown> {
    const results = this.#all('result', place, (reducer, i) => reducer.result(totals[i]))
    return Object.fromEntries(this.#names.map((name, i) => [name, results[i]]))
  }

  write(totals: Totals, place: Place): unknown[] {
    return this.#all('write', place, (reducer, i) => reducer.write(totals[i]))
  }

  writeRow(accumulators: readonly Accumulator<unknown>[], row: number, place: Place): unknown[] {
    return this.#all('write', place, (_, i) => (accumulators[i] as Accumulator<unknown>).write(row))
  }

  read(written: unknown, place: Place): Totals {
    return this.#all('read', place, (reducer, i) => reducer.read((written as unknown[])[i]))
  }

  #all(
    hook: string,
    place: Place,
    ask: (reducer: Reducer<T, unknown>, column: number) => unknown,
  ): unknown[] {
    let column = 0
    try {
      const answers: unknown[] = []
      for (; column < this.reducers.length; column++)
        answers.push(ask(this.reducers[column] as Reducer<T, unknown>, column))
      return answers
    } catch (error) {
      throw failed(hook, this.#names[column] as string, place, error)
    }
  }
}

const failed = (hook: string, column: string, { key, start, end }: Place, error: unknown) =>
  new SluiceError(
    'config',
    `${hook} of the reducer ${column} failed for the key ${key} between ${textOf(start)} and ${textOf(end)}: ${messageOf(error)}. Mend the reducer and start again`,
    { cause: error },
  )

/** A time as people read it; one beyond the calendar as its number of ms. */
export function textOf(time: number): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? `${time} ms` : date.toISOString()
}
