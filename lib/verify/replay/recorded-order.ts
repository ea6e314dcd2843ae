import type { Rejection } from '../../operator.ts'
import type { RejectOrder, RejectRuns } from '../../lane/reject-order.ts'

/** Rejects in the order in which they came when the epoch ran first. Holds those that came earlier now than then. */
export class RecordedOrder implements RejectOrder {
  #runs: RejectRuns | undefined
  /** Which run is next, and how many rejects it is still to have. */
  #at = 0
  #left = 0
  #waiting = new Map<number, Rejection[]>()

  /** An epoch begins. @param runs as it recorded them; absent where it did not: then rejects go as they come */
  begin(runs: RejectRuns | undefined): void {
    this.#runs = runs
    this.#at = 0
    this.#left = runs?.[0]?.[1] ?? 0
    this.#waiting = new Map()
  }

  admit(number: number, rejections: readonly Rejection[]): readonly Rejection[] {
    if (!this.#runs) return rejections
    const waiting = this.#waiting.get(number)
    if (waiting) waiting.push(...rejections)
    else this.#waiting.set(number, [...rejections])
    return this.#due(this.#runs)
  }

  /** Those that were not recorded: the epoch has come to others. */
  rest(): readonly Rejection[] {
    return [...this.#waiting.values()].flat()
  }

  #due(runs: RejectRuns): Rejection[] {
    const due: Rejection[] = []
    for (let run = runs[this.#at]; run; run = runs[this.#at]) {
      const taken = this.#waiting.get(run[0])?.splice(0, this.#left) ?? []
      due.push(...taken)
      this.#left -= taken.length
      if (this.#left > 0) break
      this.#left = runs[++this.#at]?.[1] ?? 0
    }
    return due
  }
}
