import { checkFunction, checkKnown } from '../lib/argument-check.ts'
import { messageOf, SluiceError } from '../lib/errors.ts'
import type { Reducer } from './reducers.ts'
import { checkTotal, copyTotal } from './reducers/plain-total.ts'

export interface ReducerDefinition<T, S, R> {
  /** What a total begins as. */
  readonly initial: () => S
  /** The total with one more event; `time` is its event time, in ms since the epoch. A throw rejects the event, and it counts in no column of no key. */
  readonly add: (total: S, event: T, time: number) => S
  /** Two totals as one. Events come in any order and grouping, so it must be associative and commutative. */
  readonly merge: (total: S, other: S) => S
  /** What results have in the column. Default: the total itself. */
  readonly result?: (total: S) => R
  /** Raise it when totals change their meaning: a pipeline goes on only with totals of the version that it has kept. Default: 1. */
  readonly version?: number
  /** A total as JSON, and back: for totals that are not made of numbers, texts, booleans, null, arrays and plain objects. Default: the total itself. */
  readonly write?: (total: S) => unknown
  readonly read?: (written: unknown) => S
}

/** An event with its time. */
interface Timed<T> {
  readonly event: T
  readonly time: number
}

/**
 * A reducer of your own, for `reduce`. Its functions may change the totals that they are handed or return others: they work on copies, so one that
 * throws leaves everything as it was. A total is copied for every event, so keep it small; `write` and `read` make the copies where they are given.
 *
 * A throw in `merge` or `result` stops the lane and says for which key and window.
 */
export function reducer<T, S, R = S>(
  definition: ReducerDefinition<T, S, R>,
): Reducer<T, R, Timed<T>, S> {
  checkDefinition(definition)
  const { initial, add, merge, version = 1, write, read } = definition
  if (!write !== !read)
    throw new SluiceError(
      'config',
      `a reducer has ${write ? 'write and no read' : 'read and no write'}: give both or none`,
    )
  const result = definition.result ?? ((total: S) => total as unknown as R)
  const written = (total: S): unknown => (write ? write(total) : total)
  const copy = (total: S): S => {
    const plain = copyTotal(written(total))
    return read ? read(plain) : (plain as S)
  }
  const checked = (total: S): S => {
    checkTotal(written(total))
    return total
  }

  try {
    checked(initial())
  } catch (error) {
    throw new SluiceError('config', `initial of a reducer: ${messageOf(error)}`, { cause: error })
  }
  return {
    format: `reducer/${version}`,
    mayThrow: true,
    of: (event, time) => ({ event, time }),
    initial: () => checked(initial()),
    add: (total, { event, time }) => checked(add(copy(total), event, time)),
    merge: (total, other) => checked(merge(total, copy(other))),
    result: (total) => result(copy(total)),
    write: (total) => copyTotal(written(total)),
    read: (plain) => (read ? read(plain) : (plain as S)),
  }
}

function checkDefinition<T, S, R>(definition: ReducerDefinition<T, S, R>): void {
  const needed = { initial: true, add: true, merge: true } as const
  const optional = { result: true, write: true, read: true } as const
  checkKnown('reducer', definition, { ...needed, ...optional, version: true })
  for (const name of Object.keys({ ...needed, ...optional })) {
    const hook = definition[name as keyof typeof definition]
    if (name in needed || hook !== undefined) checkFunction(`${name} of reducer`, hook)
  }
}
