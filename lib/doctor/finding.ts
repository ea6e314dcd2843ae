/** What may be wrong around a pipeline, without anything being lost yet, but for the first. */
export type FindingKind =
  /** Committed, and the upload that it would have become visible by is gone. */
  | 'lost upload'
  /** Committed for long, and not visible. */
  | 'unpublished'
  /** Begun, and in no record that there is or can be. */
  | 'orphaned upload'
  /** State, rows and small objects that no record needs any more. */
  | 'unneeded bundles'
  /** The bucket removes by itself what a record may still need. */
  | 'lifecycle rule'
  /** Nobody goes on with a lane that has input, or its input is gone. */
  | 'stale chain'
  /** Two runs take a lane from each other. */
  | 'two owners'
  /** Two clocks disagree. */
  | 'clock skew'

/** One thing that is wrong: what, where, since when, and what a person can do. */
export interface Finding {
  readonly kind: FindingKind
  /** A key, a lane, a rule. */
  readonly where: string
  readonly what: string
  readonly advice: string
  /** When it began, in ms, where that is known. */
  readonly since?: number
  /** It was there, and has been removed. */
  readonly removed?: true
}
