import type { Rejection } from '../operator.ts'

/** How rejects of several operators came together: the number of each operator or sink in its graph, and how many of it followed each other. */
export type RejectRuns = readonly (readonly [number: number, count: number])[]

/** The source's own number among those that reject. */
export const SOURCE_NUMBER = -1

/** Says in which order rejects go into the rejected flow. Those of one operator keep the order of the log; how they come together is up to the streams. */
export interface RejectOrder {
  /** Take an operator's rejects in; answers with all whose turn it is. */
  admit(number: number, rejections: readonly Rejection[]): readonly Rejection[]
  /** At the barrier: those whose turn has not come. */
  rest(): readonly Rejection[]
}

/** As they come, kept in mind for the record. Holds two numbers a run: a chunk makes one for each operator that rejects. */
export class ObservedOrder implements RejectOrder {
  #runs: [number, number][] = []

  admit(number: number, rejections: readonly Rejection[]): readonly Rejection[] {
    const last = this.#runs.at(-1)
    if (last?.[0] === number) last[1] += rejections.length
    else this.#runs.push([number, rejections.length])
    return rejections
  }

  rest(): readonly Rejection[] {
    return []
  }

  /** The order of the epoch; starts anew. */
  take(): RejectRuns {
    const runs = this.#runs
    this.#runs = []
    return runs
  }
}
