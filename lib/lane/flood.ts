import { SluiceError } from '../errors.ts'
import type { Rejection } from '../operator.ts'

const SPAN = 1_000
const MOST = SPAN / 2
const THROWS = 100

/**
 * Tells a flood of rejects from bad events: over half of the last 1,000 records rejected, at least 100 of them by throws of one class. That is a bug
 * in the pipeline, and setting the topic aside record by record would hide it.
 */
export class Flood {
  #read = 0
  /** Number of the record at which each of the last rejects was, and the class that was thrown. */
  #rejects: { at: number; thrown: string | undefined }[] = []

  /** Records have been read. */
  read(records: number): void {
    this.#read += records
  }

  /** @throws SluiceError 'rejected' when it is a flood */
  rejected({ operator, reason, thrown }: Rejection): void {
    this.#rejects.push({ at: this.#read, thrown })
    if (this.#rejects.length <= MOST) return
    const from = this.#read - SPAN
    this.#rejects = this.#rejects.filter(({ at }) => at > from)
    const throws = this.#rejects.filter(
      (reject) => thrown !== undefined && reject.thrown === thrown,
    )
    if (this.#rejects.length <= MOST || throws.length < THROWS) return
    throw new SluiceError(
      'rejected',
      `${this.#rejects.length} of the last ${SPAN} records were rejected, ${throws.length} because ${operator} threw a ${thrown}; ` +
        `the last one: ${reason}. That looks like a bug in the pipeline: mend it and start again, nothing of it is committed`,
    )
  }
}
