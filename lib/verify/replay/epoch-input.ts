import type { CommitRecord } from '../../commit/record.ts'
import type { FeedEpoch } from './rerun.ts'

/** Why an epoch cannot be run again though nothing is wrong. */
export class NotCheckable extends Error {}

/** What the epochs of a lane are fed with when they run again. */
export interface EpochInput {
  /** Why nothing can be fed that comes after a record; undefined where it can. */
  problemAfter(record: CommitRecord): string | undefined
  /**
   * How to feed the epoch of a record.
   *
   * @throws NotCheckable while it feeds, where what it was fed with is not there any more
   */
  feed(record: CommitRecord, before: CommitRecord): FeedEpoch
  /** The next epoch that is fed does not follow the last one. */
  restart(): Promise<void>
}
