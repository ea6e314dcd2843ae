import type { Outcome } from './answers.ts'
import type { Duration } from './duration.ts'

interface Entry {
  readonly outcome: Outcome
  readonly at: number
}

/** Answers by key. When it is full, the one that was used longest ago makes room. */
export class AnswerCache {
  readonly #size: number
  readonly #age: Duration
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>()

  /**
   * @param size most answers
   * @param age an answer is not used any more when it was given so long ago
   */
  constructor(size: number, age: Duration) {
    this.#size = size
    this.#age = age
  }

  get(key: string, now: number): Outcome | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    if (now - entry.at >= this.#age) return undefined
    this.#entries.set(key, entry)
    return entry.outcome
  }

  set(key: string, outcome: Outcome, at: number): void {
    this.#entries.delete(key)
    this.#entries.set(key, { outcome, at })
    if (this.#entries.size > this.#size)
      this.#entries.delete(this.#entries.keys().next().value as string)
  }
}
