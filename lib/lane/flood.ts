import { SluiceError } from '../errors.ts'
import type { Rejection } from '../operator.ts'

const SPAN = 1_000
const MOST = SPAN / 2
const THROWS = 100

/**
 * Tells a flood of rejects from bad events: over half of the last 1,000 offsets rejected, at least 100 of them by throws of one class. That is a bug
 * in the pipeline, and setting the topic aside record by record would hide it. Holds what was thrown at those offsets.
 */
export class Flood {
  /** The class that was thrown, or undefined, by the offset of the record; in about the order of the log. */
  readonly #rejects = new Map<number, string | undefined>()

  /** @throws SluiceError 'rejected' when it is a flood */
  rejected({ operator, reason, thrown, message }: Rejection): void {
    const { offset } = message.record
    this.#rejects.set(offset, thrown)
    for (const oldest of this.#rejects.keys()) {
      if (oldest > offset - SPAN) break
      this.#rejects.delete(oldest)
    }
    if (thrown === undefined || this.#rejects.size <= MOST) return
    const throws = [...this.#rejects.values()].filter((other) => other === thrown).length
    if (throws < THROWS) return
    throw new SluiceError(
      'rejected',
      `${this.#rejects.size} of the last ${SPAN} records were rejected, ${throws} because ${operator} threw a ${thrown}; ` +
        `the last one: ${reason}. That looks like a bug in the pipeline: mend it and start again, nothing of it is committed`,
    )
  }
}
