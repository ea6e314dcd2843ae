import { type AskingOptions, asyncOperator, type Call } from '../lib/async-operator.ts'
import { SluiceError } from '../lib/errors.ts'
import { type Message, withValue } from '../lib/message.ts'
import type { Operator } from '../lib/operator.ts'

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

type Enriched<T, U, F> = F extends 'pass' ? T | U : U

/**
 * Look something up for every event, asynchronously, and combine the two. Calls run at once within a chunk, as many as `concurrency` says; order is
 * kept, and nothing overtakes. Each has a time-out and is tried again; then `onFailure` decides. An answer is plain JSON, or undefined, since it is
 * kept with the commit: an epoch can be run again without asking anybody.
 *
 * Holds one chunk and its calls, `cache.size` answers a lane, and of an epoch its different answers and up to 12 bytes an event, which end it early when memory is
 * short. A restart asks again for what was not committed, and begins with an empty cache. A duplicate is an event as any other. An operator that is
 * used alone on plain events makes one call at a time.
 */
export function enrich<T, A, U, F extends OnFailure = 'reject'>(
  lookUp: (event: T, call: Call) => A | Promise<A>,
  options: EnrichOptions<T, A, U, F>,
): Operator<T, Enriched<T, U, F>> {
  const { into, onFailure = 'reject', ...asking } = options
  return asyncOperator<T, A, T | U>(
    'enrich',
    {
      ask: lookUp,
      answered: (message, answer, out) => out.emit(withValue(message, into(message.value, answer))),
      failed(message, { error, attempts }, out) {
        const problem = `${error} (${attempts} ${attempts === 1 ? 'attempt' : 'attempts'})`
        if (onFailure === 'pass') out.emit(message)
        else if (onFailure === 'reject') out.reject(message, `${FAILED}: ${problem}`)
        else throw failed(message, asking.as ?? 'enrich', problem)
      },
    },
    asking,
  ) as Operator<T, Enriched<T, U, F>>
}

const FAILED = 'look-up failed'

function failed({ record }: Message<unknown>, id: string, problem: string): SluiceError {
  const { topic, partition, offset } = record
  return new SluiceError(
    'service',
    `${id}: the look-up for ${topic}-${partition}@${offset} failed: ${problem}`,
  )
}
