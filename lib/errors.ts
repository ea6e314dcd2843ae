/** What kind of trouble it is. It decides the exit code and whether a lane tries again. */
export type ErrorCode =
  /** A wrong option, a missing setting, a pipeline that cannot be built: the user changes something and starts again. */
  | 'config'
  /** A broker, store or tool that cannot be reached or refuses us. */
  | 'service'
  /** Another owner has claimed the lane; this one has stopped. */
  | 'fenced'
  /** Recorded data is missing, altered or contradicts itself. */
  | 'corrupt'
  /** Records cannot be read at the recorded offsets any more. */
  | 'log-range'
  /** A record was rejected and nothing takes rejects, or too many were. */
  | 'rejected'
  /** More state than the memory budget holds. */
  | 'memory'

/** An error that a person can act on: its message says what happened, where, and what to do. */
export class SluiceError extends Error {
  override readonly name = 'SluiceError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map((inner) => messageOf(inner)).join('; ')
  return error instanceof Error ? error.message : String(error)
}

/** Whether a broker or a store could not be had: nothing is said of what was asked for. */
export const isOutage = (error: Error): boolean =>
  error instanceof SluiceError && error.code === 'service'
