import type { RunEntry } from '../commit/run-index.ts'
import type { Account } from '../memory.ts'
import type { SinkBinding } from '../sink.ts'
import type { Growth } from './growth.ts'
import { type IndexedRun, type RowsOptions, RunRows, wantedOf } from './run-reader.ts'

/** What is read at a time of all runs together, in bytes, where they are not too many for that. */
const READ = 1024 * 1024

/** Of a lane's share of memory, what is read at a time of one large object. */
const SHARE_OF_READ = 1 / 4

/** What takes the rows of a finished object: a run for each that holds some. */
export type RunTaker = Pick<Growth, 'beginRun' | 'addRows' | 'room'>

/** The next object of each of several runs. */
export class RunHeads {
  /** Oldest first. */
  readonly #heads: readonly Head[]

  constructor(
    runs: readonly IndexedRun[],
    isWanted: (serial: number) => boolean,
    memory: Account,
    binding: SinkBinding,
  ) {
    // of each run two times that is under way
    const narrow = READ / 2 / Math.max(1, runs.length)
    const wide = Math.max(READ, binding.share() * SHARE_OF_READ) / 2
    const options = { isWanted, narrow, wide, memory }
    this.#heads = runs.map((run) => new Head(run, options, binding))
  }

  /** The next object of all; `Infinity` after the last. */
  get lowest(): number {
    return this.#heads.reduce((low, { serial }) => Math.min(low, serial), Infinity)
  }

  /** Those at an object; objects are asked for in the order of their serials. */
  at(serial: number): readonly Head[] {
    return this.#heads.filter((head) => head.serial === serial)
  }

  /** Hand over the rows of an object, a run for each that has some. */
  async addTo(taker: RunTaker, serial: number): Promise<void> {
    for (const head of this.at(serial)) {
      taker.beginRun()
      await head.take(async (piece) => {
        taker.addRows([piece])
        await taker.room()
      })
    }
  }
}

/** The next object of a run; its rows are read when they are taken. */
class Head {
  readonly #entries: Iterator<RunEntry, undefined>
  readonly #pieces: RunRows
  #next: RunEntry | undefined

  constructor(run: IndexedRun, options: RowsOptions, binding: SinkBinding) {
    this.#entries = wantedOf(run, options.isWanted)
    this.#pieces = new RunRows(run, options, binding)
    this.#next = this.#entries.next().value
  }

  /** Of the next object; `Infinity` after the last. */
  get serial(): number {
    return this.#next?.serial ?? Infinity
  }

  /** Of the next object. */
  get rows(): number {
    return this.#next?.rows ?? 0
  }

  /** Hand over all that the run holds of the next object. */
  async take(each: (piece: Buffer) => Promise<void>): Promise<void> {
    const { from, to } = this.#next as RunEntry
    for (let left = to - from; left > 0;) {
      const piece = await this.#pieces.next()
      await each(piece)
      left -= piece.length
    }
    this.#next = this.#entries.next().value
  }
}
