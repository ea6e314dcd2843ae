/** Makes work on one key run one piece after the other, in the order of its arrival; other keys are not held up. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Run `work` when all earlier work on the key has ended, well or not. */
  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve()
    const mine = before.then(work, work)
    this.#last.set(key, mine)
    const forget = (): void => {
      if (this.#last.get(key) === mine) this.#last.delete(key)
    }
    mine.then(forget, forget)
    return mine
  }
}
