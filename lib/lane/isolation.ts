/** Somebody who may have been dropped while they waited for their turn. */
export interface Worker {
  /** @throws the reason for which it was dropped, if it was */
  assertLive(): void
}

/**
 * Who puts records into streams: all lanes of a process side by side, or one alone. When a process dies while a lane is alone, no record of another lane
 * can have been the reason.
 */
export class Isolation {
  readonly #working = new Set<Worker>()
  #alone: { readonly who: Worker; readonly over: Promise<void>; end(): void } | undefined
  /** Whoever is to be alone waits for this. */
  #rested: () => void = () => undefined

  /** Work beside others. Who is alone may not ask for it: it would wait for itself. */
  async together<T>(who: Worker, work: () => Promise<T>): Promise<T> {
    while (this.#alone) await this.#alone.over
    // the work of who was dropped meanwhile would never end, and whoever is to be alone wait for it for ever
    who.assertLive()
    this.#working.add(who)
    try {
      return await work()
    } finally {
      this.leave(who)
    }
  }

  /** Work while nobody else does. */
  async alone<T>(who: Worker, work: () => Promise<T>): Promise<T> {
    while (this.#alone) await this.#alone.over
    who.assertLive()
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    this.#alone = { who, over, end }
    try {
      if (this.#working.size > 0)
        await new Promise<void>((rested) => {
          this.#rested = rested
        })
      who.assertLive()
      return await work()
    } finally {
      this.leave(who)
    }
  }

  /** Its streams are destroyed: what it has begun will never end, and nobody waits for it. */
  leave(who: Worker): void {
    this.#working.delete(who)
    if (this.#working.size === 0) this.#rested()
    if (this.#alone?.who !== who) return
    this.#alone.end()
    this.#alone = undefined
  }
}
