import { Readable } from 'node:stream'
import type { Item } from '../message.ts'

/** Where a lane puts items into its streams. */
export class Head extends Readable {
  /** Several may wait: every operator of a lane can put rejections into the one rejected flow. */
  #waiting: (() => void)[] = []

  constructor() {
    super({ objectMode: true, highWaterMark: 1 })
  }

  override _read(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  /** Put one item in; resolves when the streams behind take more. */
  feed(item: Item<unknown>): Promise<void> | undefined {
    if (this.push(item)) return undefined
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
