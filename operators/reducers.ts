import { checkFunction, kindOf } from '../lib/argument-check.ts'
import { type Accumulator, Counts, Extremes, Means, signOf, Sums } from './reducers/accumulator.ts'
import { DistinctCount } from './reducers/distinct-count.ts'
import { DistinctValues, hashOf, type Value } from './reducers/distinct-values.ts'
import { ExactSum, type WrittenSum } from './reducers/exact-sum.ts'

/**
 * How events become one value, in any order and in any grouping: `merge` must be associative and commutative, and totals that are equal must be
 * written alike. `V` is what it takes from an event, `S` its running total; `add` and `merge` may change the total they are handed.
 */
export interface Reducer<in T, out R, V = unknown, S = unknown> {
  /** Names what `write` writes, with a version: part of the pipeline's fingerprint. */
  readonly format: string
  /** Its `add` may throw, which rejects the event: so it is asked before anything is added, and changes no total that it is handed. Default: it never does. */
  readonly mayThrow?: boolean
  /** What counts of an event, whose time is in ms. Asked once an event, however many keys and windows it has. A throw rejects the event. */
  of(event: T, time: number): V
  initial(): S
  add(total: S, value: V): S
  /** A better place for the totals of many keys than one total for each. Default: none. */
  accumulator?(): Accumulator<V>
  /** Add another total, which stays as it is. */
  merge(total: S, other: S): S
  result(total: S): R
  /** The total as JSON. */
  write(total: S): unknown
  read(written: unknown): S
}

/** A number of an event; null and undefined do not count. */
export type NumberOf<T> = (event: T) => number | null | undefined

/** A value of an event; null and undefined do not count. */
export type ValueOf<T> = (event: T) => Value | null | undefined

/** The number of events. */
export const count = (): Reducer<unknown, number, undefined, number> => ({
  format: 'count/1',
  of: () => undefined,
  initial: () => 0,
  add: (total) => total + 1,
  accumulator: () => new Counts(),
  merge: (total, other) => total + other,
  result: (total) => total,
  write: (total) => total,
  read: (written) => written as number,
})

/**
 * The sum of a number of every event that has one; 0 where none has. It is exact and rounded once, so that it does not depend on the order of the
 * events. An event whose number is not finite is rejected.
 */
export const sum = <T>(of: NumberOf<T>): Reducer<T, number, number | null, ExactSum> => ({
  format: 'sum/1',
  of: numberOf('sum', of),
  initial: () => new ExactSum(),
  add: (total, value) => {
    if (value !== null) total.add(value)
    return total
  },
  accumulator: () => new Sums(),
  merge: (total, other) => {
    total.merge(other)
    return total
  },
  result: (total) => total.value,
  write: (total) => total.write(),
  read: (written) => ExactSum.read(written as WrittenSum),
})

/** The smallest of a number of every event that has one; null where none has. An event whose number is not finite is rejected. */
export const min = <T>(of: NumberOf<T>): Reducer<T, number | null, number | null, number | null> =>
  extreme('min', of)

/** The largest of a number of every event that has one; null where none has. An event whose number is not finite is rejected. */
export const max = <T>(of: NumberOf<T>): Reducer<T, number | null, number | null, number | null> =>
  extreme('max', of)

interface Mean {
  readonly sum: ExactSum
  count: number
}

/**
 * The mean of a number of every event that has one; null where none has. The sum is exact, so the mean does not depend on the order of the events.
 * An event whose number is not finite is rejected.
 */
export const mean = <T>(of: NumberOf<T>): Reducer<T, number | null, number | null, Mean> => ({
  format: 'mean/1',
  of: numberOf('mean', of),
  initial: () => ({ sum: new ExactSum(), count: 0 }),
  add: (total, value) => {
    if (value === null) return total
    total.sum.add(value)
    total.count++
    return total
  },
  accumulator: () => new Means(),
  merge: (total, other) => {
    total.sum.merge(other.sum)
    total.count += other.count
    return total
  },
  result: (total) => (total.count === 0 ? null : total.sum.value / total.count),
  write: (total) => [total.count, total.sum.write()],
  read: (written) => {
    const [count, sum] = written as [number, WrittenSum]
    return { count, sum: ExactSum.read(sum) }
  },
})

/**
 * How many different values events have; null and undefined do not count, and `5` is not `'5'`. Exact up to 4,096 values, then an estimate within
 * 2 %, by a HyperLogLog of 64 KiB a key and window. It depends neither on order nor on how events were grouped.
 */
export const distinct = <T>(of: ValueOf<T>): Reducer<T, number, Value | null, DistinctCount> => ({
  format: 'distinct/1',
  of: valueOf(of),
  initial: () => new DistinctCount(),
  add: (total, value) => {
    if (value === null) return total
    const hash = hashOf(value)
    total.add(Number(hash >> 32n), Number(hash & 0xffff_ffffn))
    return total
  },
  accumulator: () => new DistinctValues(),
  merge: (total, other) => {
    total.merge(other)
    return total
  },
  result: (total) => total.value,
  write: (total) => total.write(),
  read: (written) => DistinctCount.read(written as string),
})

const extreme = <T>(
  name: 'min' | 'max',
  of: NumberOf<T>,
): Reducer<T, number | null, number | null, number | null> => {
  const sign = signOf(name)
  const pick = (total: number | null, value: number | null): number | null =>
    total === null || (value !== null && sign * value > sign * total) ? value : total
  return {
    format: `${name}/1`,
    of: numberOf(name, of),
    initial: () => null,
    add: pick,
    accumulator: () => new Extremes(sign),
    merge: pick,
    result: (total) => total,
    write: (total) => total,
    read: (written) => written as number | null,
  }
}

function numberOf<T>(reducer: string, of: NumberOf<T>): (event: T) => number | null {
  checkFunction(reducer, of)
  return (event) => finite(reducer, of(event))
}

function valueOf<T>(of: ValueOf<T>): (event: T) => Value | null {
  checkFunction('distinct', of)
  return (event) => of(event) ?? null
}

/** A number as it is, except that there is one zero only. */
function finite(reducer: string, value: number | null | undefined): number | null {
  if (value === null || value === undefined) return null
  if (Number.isFinite(value)) return value === 0 ? 0 : value
  const remedy = typeof value === 'bigint' ? ': Number() makes it one' : ''
  throw new TypeError(`${reducer} takes finite numbers, not ${kindOf(value)}${remedy}`)
}
