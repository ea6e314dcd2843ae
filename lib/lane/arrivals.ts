/** Knows which sinks a barrier has still to reach. */
export class Arrivals {
  #sinks = 0
  #left = 0
  #resolve: () => void = () => undefined

  /** One more sink to reach. */
  add(): void {
    this.#sinks++
  }

  /** A sink has the barrier. */
  readonly arrived = (): void => {
    if (--this.#left === 0) this.#resolve()
  }

  /** Send a barrier to all sinks; resolves when every one has it. */
  async ofAll(send: () => Promise<void>): Promise<void> {
    if (this.#sinks === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#left = this.#sinks
    this.#resolve = resolve
    await send()
    await promise
  }
}
