import { checkFunction, checkKnown, hasMethods, kindOf } from '../lib/argument-check.ts'
import { type AskingOptions, asyncOperator, type Call } from '../lib/async-operator.ts'
import { SluiceError } from '../lib/errors.ts'
import { type Message, type SourceRecord, withValue } from '../lib/message.ts'
import { type Operator, operator } from '../lib/operator.ts'
import { placeOf } from '../lib/part.ts'
import type { Table } from '../lib/table/table.ts'

/** What becomes of an event when its look-up has failed for good. */
export type OnFailure =
  /** It is set aside with the last error. */
  | 'reject'
  /** It goes on as it was. */
  | 'pass'
  /** The lane stops, and begins anew after its last commit; after eight times in a row the pipeline ends. */
  | 'fail'

export interface EnrichOptions<T, A, U, F extends OnFailure> extends AskingOptions<T> {
  /** Combine event and answer. It answers with a new value and leaves the event as it is. */
  into: (event: T, answer: A) => U
  /** What becomes of an event whose look-up has failed. Default: `'reject'`. */
  onFailure?: F
}

export interface LookUpOptions<T, R, U> {
  /** Which row: its key, or nothing where there is none to look up. */
  by: (event: T, record: SourceRecord) => string | null | undefined
  /** Combine event and row, which is undefined where the table has none. It answers with a new value and leaves both as they are. */
  into: (event: T, row: R | undefined) => U
}

type Enriched<T, U, F> = F extends 'pass' ? T | U : U

/**
 * Look something up for every event and combine the two.
 *
 * *In a table* (or a `Map`): at once, and as the table is throughout the epoch. It holds nothing itself; a restart or a duplicate means nothing to it.
 *
 * *By asking somebody*, with a function: calls run at once within a chunk, as many as `concurrency` says; order is kept, and nothing overtakes. Each has a
 * time-out and is tried again; then `onFailure` decides. An answer is plain JSON, or undefined, since it is kept with the commit: an epoch can be
 * run again without asking anybody. Holds one chunk and its calls, `cache.size` answers a lane, and of an epoch its different answers and 8 bytes an
 * event, which end it early when memory is short. A restart asks again for what was not committed, and begins with an empty cache. A duplicate is
 * an event as any other. Used alone on plain events it makes one call at a time.
 */
export function enrich<T, R, U>(table: Table<R>, options: LookUpOptions<T, R, U>): Operator<T, U>
export function enrich<T, A, U, F extends OnFailure = 'reject'>(
  lookUp: (event: T, call: Call) => A | Promise<A>,
  options: EnrichOptions<T, A, U, F>,
): Operator<T, Enriched<T, U, F>>
export function enrich<T, A, U>(
  from: Table<A> | ((event: T, call: Call) => A | Promise<A>),
  options: LookUpOptions<T, A, U> | EnrichOptions<T, A, U, OnFailure>,
): Operator<T, T | U> {
  if (typeof from !== 'function' && !hasMethods(from, ['get']))
    throw new SluiceError(
      'config',
      `enrich takes a table, a Map or a function that is asked, not ${kindOf(from)}`,
    )
  return typeof from === 'function'
    ? asking(from, options as EnrichOptions<T, A, U, OnFailure>)
    : lookingUp(from, options as LookUpOptions<T, A, U>)
}

function lookingUp<T, R, U>(table: Table<R>, options: LookUpOptions<T, R, U>): Operator<T, U> {
  checkKnown('enrich in a table', options, { by: true, into: true })
  const { by, into } = options
  checkFunction('by of enrich', by)
  checkFunction('into of enrich', into)
  return operator<T, U>('enrich', () => ({
    message(message, out) {
      const key = by(message.value, message.record)
      const row = key === null || key === undefined ? undefined : table.get(key)
      out.emit(withValue(message, into(message.value, row)))
    },
  }))
}

function asking<T, A, U>(
  lookUp: (event: T, call: Call) => A | Promise<A>,
  options: EnrichOptions<T, A, U, OnFailure>,
): Operator<T, T | U> {
  checkKnown('enrich', options, KNOWN)
  const { into, onFailure = 'reject', ...calling } = options
  checkFunction('into of enrich', into)
  if (!['reject', 'pass', 'fail'].includes(onFailure))
    throw new SluiceError('config', `onFailure of enrich is reject, pass or fail, not ${onFailure}`)
  return asyncOperator<T, A, T | U>(
    'enrich',
    {
      ask: lookUp,
      answered: (message, answer, out) => out.emit(withValue(message, into(message.value, answer))),
      failed(message, { error, attempts }, out) {
        const problem = `${error} (${attempts} ${attempts === 1 ? 'attempt' : 'attempts'})`
        if (onFailure === 'pass') out.emit(message)
        else if (onFailure === 'reject') out.reject(message, `${FAILED}: ${problem}`)
        else throw failed(message, calling.as ?? 'enrich', problem)
      },
    },
    calling,
  )
}

const KNOWN: Readonly<Record<keyof EnrichOptions<never, never, never, OnFailure>, true>> = {
  into: true,
  onFailure: true,
  concurrency: true,
  timeout: true,
  retries: true,
  cache: true,
  as: true,
}

const FAILED = 'look-up failed'

function failed(message: Message<unknown>, id: string, problem: string): SluiceError {
  const place = placeOf(message)
  return new SluiceError(
    'service',
    `${id}: the look-up for ${place === '' ? 'an event' : place} failed: ${problem}`,
  )
}
