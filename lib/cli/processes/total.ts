import { sumOf, type Summary } from '../../run/tally.ts'
import type { Progress } from '../meter.ts'
import type { Tick } from './messages.ts'

/** What several processes have come to together. Of those that have ended it holds one sum, however many they were. */
export class Total {
  #ended: Summary | undefined
  #records = 0
  #objects = 0
  /** By the number of the process. */
  readonly #peaks = new Map<number, number>()
  /** Where objects go, once one has told. */
  store: string | undefined

  /** A process has ended. @param tick the last that was heard of it */
  add(number: number, { progress, summary, peak, store }: Tick): void {
    this.#records += progress.records
    this.#objects += progress.objects
    this.#peaks.set(number, Math.max(this.#peaks.get(number) ?? 0, peak))
    this.store ??= store
    if (summary) this.#ended = sumOf(this.#ended ? [this.#ended, summary] : [summary], 0)
  }

  /** With those that run now. @param own bytes of memory that this process takes */
  progress(running: readonly Progress[], own: number): Progress {
    const sum = (of: (one: Progress) => number): number =>
      running.reduce((total, one) => total + of(one), 0)
    return {
      records: this.#records + sum(({ records }) => records),
      objects: this.#objects + sum(({ objects }) => objects),
      rate: sum(({ rate }) => rate),
      lag: sum(({ lag }) => lag),
      memory: own + sum(({ memory }) => memory),
    }
  }

  /** Once all have ended, after so many ms. */
  summary(elapsed: number): Summary {
    return sumOf(this.#ended ? [this.#ended] : [], elapsed)
  }

  /** Most memory of all: an upper bound, since not all had most at one time. @param own most that this process has taken */
  peak(own: number): number {
    return [...this.#peaks.values()].reduce((total, peak) => total + peak, own)
  }
}
