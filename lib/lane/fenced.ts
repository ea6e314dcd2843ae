import type { CommitRecord, LaneName } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'

/** Thrown when another owner's record stands where ours would go. */
export class Fenced extends SluiceError {
  constructor(lane: LaneName, by: CommitRecord) {
    super(
      'fenced',
      `${lane.topic}-${lane.partition}: another owner (${by.host}, since ${by.at}) has claimed this lane with record ${by.index}; this one stops writing to it`,
    )
  }
}
