import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { count, type State } from './state.ts'

/** Ends a fault, and says how it was cleared. */
export type Cleared = (how: string) => void

/** What goes wrong at present, and all that went wrong: a line each in `faults.jsonl`. */
export class FaultLog {
  readonly #file: string
  readonly #state: State
  readonly #now: () => number
  readonly #current = new Set<number>()
  #begun = 0
  /** Since when the current faults are all there are; undefined while time is not counted. */
  #since: number | undefined

  constructor(folder: string, state: State, now: () => number = Date.now) {
    this.#file = join(folder, 'faults.jsonl')
    this.#state = state
    this.#now = now
  }

  /** Something goes wrong from now on. */
  begin(kind: string, what: string): Cleared {
    this.#turn()
    const number = this.#begun++
    const at = this.#now()
    this.#current.add(number)
    count(this.#state.faults, kind)
    return (how) => {
      if (!this.#current.has(number)) return
      if (this.#since !== undefined) this.#turn()
      this.#current.delete(number)
      this.#write({ at: new Date(at).toISOString(), kind, what, lasted: this.#now() - at, how })
    }
  }

  /** What there has been so far; equal numbers now and later say that nothing else happened in between. */
  get begun(): number {
    return this.#begun
  }

  /** How many faults there are at present. */
  get current(): number {
    return this.#current.size
  }

  /** Count the time up to now. */
  #turn(): void {
    const now = this.#now()
    const many = Math.min(2, this.#current.size) as 0 | 1 | 2
    if (this.#since !== undefined) this.#state.hostile[many] += now - this.#since
    this.#since = now
  }

  /** Time from now on is not counted before something goes wrong again. */
  rest(): void {
    this.#turn()
    this.#since = undefined
  }

  #write(line: object): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`)
  }
}
