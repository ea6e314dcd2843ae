import { type Clock, systemClock } from './clock.ts'

/** The promise's own outcome, or a rejection once it has taken `ms`. What it does goes on. */
export async function within<T>(
  ms: number,
  promise: Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const settled = new AbortController()
  const late = clock.sleep(ms, settled.signal).then(() => {
    throw new Error(`no answer within ${ms / 1_000} s`)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    late.catch(() => {})
    settled.abort()
  }
}

/** The promise's own outcome, or a rejection with the signal's reason once that is aborted. What it does goes on. */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
