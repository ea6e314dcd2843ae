/** A process's budget of bytes for data, from fetch to upload. Only the source waits for it; whoever frees it never does. */
export class Budget {
  readonly limit: number
  #used = 0
  #waiting: (() => void)[] = []

  /** @param limit bytes of data that may be held at a time */
  constructor(limit: number) {
    this.limit = limit
  }

  get used(): number {
    return this.#used
  }

  get full(): boolean {
    return this.#used >= this.limit
  }

  charge(bytes: number): void {
    this.#used += bytes
  }

  release(bytes: number): void {
    this.#used -= bytes
    if (this.full) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  /** Resolves when there is room; at once when there is now. */
  async room(): Promise<void> {
    while (this.full) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

/** What one lane holds of the budget, so that it can be given back whole when the lane is dropped. */
export class Account {
  readonly #budget: Budget
  #held = 0
  #closed = false

  constructor(budget: Budget) {
    this.#budget = budget
  }

  get held(): number {
    return this.#held
  }

  charge(bytes: number): void {
    if (this.#closed) return
    this.#held += bytes
    this.#budget.charge(bytes)
  }

  release(bytes: number): void {
    if (this.#closed) return
    this.#held -= bytes
    this.#budget.release(bytes)
  }

  /** Say how much is held now, whatever it was. */
  settle(bytes: number): void {
    if (bytes > this.#held) this.charge(bytes - this.#held)
    else this.release(this.#held - bytes)
  }

  /** Give back everything; what is still told of it afterwards, by requests that are under way, no longer counts. */
  close(): void {
    this.settle(0)
    this.#closed = true
  }
}
