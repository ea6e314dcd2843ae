import { checkKnown, hasMethods, kindOf } from '../lib/argument-check.ts'
import { SluiceError } from '../lib/errors.ts'
import { exchangeOperator, type Operator } from '../lib/operator.ts'
import { newCollector } from './reduce/collector.ts'
import { Columns } from './reduce/columns.ts'
import { newMerger } from './reduce/merger.ts'
import type { Reducer } from './reducers.ts'
import type { Windowed } from './window.ts'
import type { Window } from './windows.ts'

/** What one key added up to in one window: the columns of the key, the window, and a column for each reducer. */
export type Aggregate<C, A> = Row<C & { window: Window } & A>

type Row<R> = { readonly [column in keyof R]: R[column] }

/** One reducer for each column of the result. */
export type Reducers<T, A> = { readonly [column in keyof A]: Reducer<T, A[column]> }

export interface ReduceOptions {
  /** Another name for its state, required where a pipeline has a second one. */
  as?: string
}

/**
 * Add up the events of every key and window, and emit one result for each when the watermark has passed the window's end, ordered by window, then
 * key. Inside a pipeline a key's events are added up over all lanes. A result's time is the last ms of its window.
 *
 * Holds one total for each key and open window, which survive a restart, and for each key and window of the current epoch; of hopping windows
 * one for each key and span between two of their edges. A duplicate counts twice: put `dedupe` before it.
 */
export function reduce<T, C, A>(
  reducers: Reducers<T, A>,
  options: ReduceOptions = {},
): Operator<Windowed<T, C>, Aggregate<C, A>> {
  checkKnown('reduce', options, { as: true })
  const { as } = options
  const names = Object.keys(reducers ?? {})
  if (names.length === 0)
    throw new SluiceError('config', 'reduce needs a reducer, such as { events: count() }')
  checkNames(names, ['window'])
  checkReducers(reducers)
  const columns = new Columns<T>(reducers)
  const formats = names.map((name, i) => [name, columns.reducers[i]?.format])

  return exchangeOperator<Windowed<T, C>, Aggregate<C, A>>(
    'reduce',
    {
      collect: () => newCollector(columns, (taken) => checkNames(names, taken)),
      merge: (state) => newMerger(state, columns),
    },
    { as, columns: names, meaning: Object.fromEntries(formats) },
  )
}

/** What of a reducer is asked for; the rest is optional. */
const HOOKS: readonly (keyof Reducer<unknown, unknown>)[] = [
  'of',
  'initial',
  'add',
  'merge',
  'result',
  'write',
  'read',
]

function checkReducers(reducers: object): void {
  const wrong = Object.entries(reducers).find(([, reducer]) => !hasMethods(reducer, HOOKS))
  if (!wrong) return
  const [name, handed] = wrong
  throw new SluiceError(
    'config',
    `the column ${name} of reduce takes a reducer, such as count() or reducer({ … }), not ${kindOf(handed)}`,
  )
}

function checkNames(names: readonly string[], taken: readonly string[]): void {
  const twice = names.find((name) => taken.includes(name))
  if (twice === undefined) return
  throw new SluiceError(
    'config',
    `a result of reduce has the column ${twice} already: give that reducer another name`,
  )
}
