import type { Duration } from '../duration.ts'

/** When an epoch ends. */
export interface EpochLimits {
  /** Age, from its first record on. */
  readonly every: Duration
  readonly records: number
  /** Bytes of records. */
  readonly bytes: number
}

/** How far an epoch has come. */
export interface EpochSoFar {
  readonly records: number
  readonly bytes: number
  /** Wall clock at its first record, in ms. */
  readonly since: number
  /** Bytes that its sinks hold in memory. */
  readonly held: number
}

export type EpochEnds = 'records' | 'bytes' | 'memory' | 'age'

/**
 * Why the epoch is to end now, if it is.
 *
 * @param share bytes that one lane may hold in memory
 */
export function epochEnds(
  limits: EpochLimits,
  epoch: EpochSoFar,
  now: number,
  share: number,
): EpochEnds | undefined {
  if (epoch.records === 0) return undefined
  if (epoch.records >= limits.records) return 'records'
  if (epoch.bytes >= limits.bytes) return 'bytes'
  if (epoch.held >= share) return 'memory'
  return now - epoch.since >= limits.every ? 'age' : undefined
}
