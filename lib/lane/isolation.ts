/**
 * Who puts records into streams: all lanes of a process side by side, or one alone. When a process dies while a lane is alone, no record of another lane
 * can have been the reason.
 */
export class Isolation {
  readonly #working = new Set<object>()
  #alone: { readonly who: object; readonly over: Promise<void>; end(): void } | undefined
  /** Whoever is to be alone waits for this. */
  #rested: () => void = () => undefined

  /** Work beside others. Who is alone may not ask for it: it would wait for itself. */
  async together<T>(who: object, work: () => Promise<T>): Promise<T> {
    while (this.#alone) await this.#alone.over
    this.#working.add(who)
    try {
      return await work()
    } finally {
      this.leave(who)
    }
  }

  /** Work while nobody else does. */
  async alone<T>(who: object, work: () => Promise<T>): Promise<T> {
    while (this.#alone) await this.#alone.over
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    this.#alone = { who, over, end }
    try {
      if (this.#working.size > 0)
        await new Promise<void>((rested) => {
          this.#rested = rested
        })
      return await work()
    } finally {
      this.leave(who)
    }
  }

  /** Its streams are destroyed: what it has begun will never end, and nobody waits for it. */
  leave(who: object): void {
    this.#working.delete(who)
    if (this.#working.size === 0) this.#rested()
    if (this.#alone?.who !== who) return
    this.#alone.end()
    this.#alone = undefined
  }
}
