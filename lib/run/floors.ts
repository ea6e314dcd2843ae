import type { CommitRecord } from '../commit/record.ts'
import type { Environment } from '../lane/environment.ts'
import type { Floor } from '../lane/log-lane.ts'
import { floorOf } from './survey.ts'

/** How often new lanes look whether all merging lanes know of them, in ms. */
const LOOK = 1_000

/** Says where lanes that are new begin, once every merging lane has heard of them. */
export class Floors {
  readonly #environment: Environment
  /** Ids of the lanes that had a chain when the run began: they are not new. */
  readonly #known: ReadonlySet<string>
  /** The newest records of the merging lanes. */
  readonly #read: () => Promise<CommitRecord[]>
  #latest: { readonly at: number; readonly records: Promise<CommitRecord[]> } | undefined

  constructor(
    environment: Environment,
    known: ReadonlySet<string>,
    read: () => Promise<CommitRecord[]>,
  ) {
    this.#environment = environment
    this.#known = known
    this.#read = read
  }

  /** Rejects at the signal. */
  async of(id: string, until: AbortSignal): Promise<Floor> {
    if (this.#known.has(id)) return -Infinity
    const { run, clock } = this.#environment
    for (;;) {
      const floor = floorOf(id, await this.#merging(), run)
      if (floor !== undefined) return floor
      await clock.sleep(LOOK, until)
    }
  }

  /** Asked once for all lanes that wait. */
  #merging(): Promise<CommitRecord[]> {
    const now = this.#environment.clock.now()
    if (!this.#latest || now - this.#latest.at >= LOOK)
      this.#latest = { at: now, records: this.#read() }
    return this.#latest.records
  }
}
