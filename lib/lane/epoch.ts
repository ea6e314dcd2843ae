import type { Duration } from '../duration.ts'

/** When an epoch ends. */
export interface EpochLimits {
  /** Age, from its first record on. */
  readonly every: Duration
  /** The same for the first one after a claim: whoever dies soon again has got something done by then. */
  readonly first: Duration
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
  /** Whether it is the first one after a claim. */
  readonly isFirst: boolean
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
  return now - epoch.since >= ageOf(limits, epoch.isFirst) ? 'age' : undefined
}

/** How old an epoch gets. */
export const ageOf = ({ every, first }: EpochLimits, isFirst: boolean): Duration =>
  isFirst ? first : every
