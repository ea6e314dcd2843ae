import { hash } from 'node:crypto'

export interface SampleOptions {
  /** Part of the objects that are read, from 0 to 100. */
  readonly percent: number
  /** Another seed chooses others; the same one the same. */
  readonly seed: number
}

const SPAN = 2 ** 32

/** Objects, and the rows in them. */
export class Count {
  objects = 0
  rows = 0

  add(rows: number): void {
    this.objects++
    this.rows += rows
  }
}

/** Chooses part of the objects, by their keys alone: whichever comes first, and however often it is asked. */
export class Sample {
  readonly #options: SampleOptions | undefined
  readonly leftOut = new Count()

  constructor(options?: SampleOptions) {
    this.#options = options
  }

  has(key: string): boolean {
    if (!this.#options) return true
    const { percent, seed } = this.#options
    const number = hash('sha256', `${seed} ${key}`, 'buffer').readUInt32LE()
    return number < (percent / 100) * SPAN
  }
}
