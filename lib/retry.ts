import type { Limit } from './adaptive-limit.ts'
import type { Clock } from './clock.ts'
import type { Duration } from './duration.ts'
import { SluiceError } from './errors.ts'
import { StoreError } from './ports.ts'

const FIRST_WAIT = 100
const LONGEST_WAIT = 20_000

/** A failure that may pass, of something else than the store. */
class PassingError extends Error {
  override readonly name = 'PassingError'
}

/** A failure of the log as what `retry` tries again, where it is one that may pass; any other as it is. */
export const passing = (error: unknown): unknown =>
  error instanceof SluiceError && error.code === 'service'
    ? new PassingError(error.message, { cause: error })
    : error

export interface RetryOptions {
  readonly clock: Clock
  readonly signal?: AbortSignal
  /** Wait for a right that is denied as well: somebody who had it can have it again, with new credentials. Default: it is an error at once. */
  readonly waitsForRights?: boolean
  /** Bounds the attempts under way. Whoever waits to try again takes nobody's place. */
  readonly limit?: Limit
  /** Told of every failure that will be tried again, with the wait in ms. */
  readonly onRetry?: (error: Error, wait: number) => void
}

/** How it is tried again, for those who have the clock and the signal. */
export type Trying = Omit<RetryOptions, 'clock' | 'signal'>

/**
 * Do something on the object store, or the log, until it succeeds: what may pass is tried for ever, with exponential back-off and full jitter up to 20 s, and
 * not before the time that the store asks for, up to as much. What no retry mends (no rights, unless they are waited for, no bucket, an impossible request) becomes a
 * `SluiceError` at once. Only for what may be done twice.
 */
export async function retry<T>(action: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    options.signal?.throwIfAborted()
    try {
      return await (options.limit ? options.limit(action) : action())
    } catch (error) {
      if (!(error instanceof StoreError || error instanceof PassingError)) throw error
      if (error instanceof StoreError && !mayPass(error, options)) throw hopeless(error)
      const wait = Math.max(backOff(attempt), askedFor(error))
      options.onRetry?.(error, wait)
      await options.clock.sleep(wait, options.signal)
    }
  }
}

const mayPass = ({ failure }: StoreError, { waitsForRights = false }: RetryOptions): boolean =>
  failure === 'transient' || (failure === 'denied' && waitsForRights)

const askedFor = (error: Error): Duration =>
  error instanceof StoreError ? Math.min(LONGEST_WAIT, error.retryAfter) : 0

/** How long to wait, in ms, after so many failures besides the first: exponential, with full jitter. */
export const backOff = (failures: number): Duration =>
  Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures)

/** A failure of the store that a person has to mend, as an error for people. */
export function hopeless(error: StoreError): SluiceError {
  return new SluiceError(error.failure === 'config' ? 'config' : 'service', error.message, {
    cause: error,
  })
}
