import type { CommitRecord, LaneName } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import { idOf } from '../topics.ts'

/** Thrown when another owner's record stands where ours would go. */
export class Fenced extends SluiceError {
  constructor(lane: LaneName, by: CommitRecord) {
    super(
      'fenced',
      `${idOf(lane)}: another owner (${by.host}, since ${by.at}) has claimed this lane with record ${by.index}; this one stops writing to it`,
    )
  }
}
