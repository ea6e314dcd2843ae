import type { CommitRecord } from '../commit/record.ts'

/** When records were written, in ms by the store's clock. */
export interface Times {
  readonly newest: number
  /** Of the record before it; `-Infinity` where there is none that can be read. */
  readonly before: number
}

/**
 * The time before which a lane's uploads have been begun that no record to come can list, unless the newest one does. What is listed anew by the next
 * record was begun in the epoch that it ends. That epoch begins with a barrier, and the barrier comes after the answer to the commit before the newest
 * one: two epochs at most are under way, one that runs and one that is being staged. A new owner begins its first upload after its claim, and a
 * release, or the commit that ends a finite run, is the last thing that its owner does.
 */
export function fenceOf(
  { kind, recorded }: Pick<CommitRecord, 'kind' | 'recorded'>,
  { newest, before }: Times,
): number {
  if (kind === 'release' || (kind === 'commit' && recorded.closing)) return Infinity
  return kind === 'claim' ? newest : before
}
