import { SluiceError } from '../errors.ts'
import { Account, type Budget } from '../memory.ts'
import type { Store } from './store.ts'

/** Parts of the budget for data: a warning above the first, the end above the second, since the rest has to hold what is read and written. */
const MUCH = 0.5
const TOO_MUCH = 0.8

/** What one store of one lane takes. */
export interface HeldStore {
  /** Operator and name. */
  readonly id: string
  readonly bytes: number
  /** Entries; undefined where it is one value. */
  readonly size: number | undefined
}

/** What the state of all lanes of a process takes of its budget. */
export class StateLimit {
  readonly #budget: Budget
  readonly #warn: (text: string) => void
  /** By the account of a lane, what its stores held when it was last told. */
  readonly #stores = new Map<Account, readonly HeldStore[]>()
  #used = 0
  #warned = false

  constructor(budget: Budget, warn: (text: string) => void) {
    this.#budget = budget
    this.#warn = warn
  }

  /** Bytes of state in all lanes. */
  get used(): number {
    return this.#used
  }

  /** Stores of all lanes, as of their last epochs: an operator's several times. */
  get stores(): readonly HeldStore[] {
    return [...this.#stores.values()].flat()
  }

  /** For one lane. */
  account(): StateAccount {
    const memory = new Account(this.#budget)
    const settle = (bytes: number): void => {
      this.#used += bytes - memory.held
      memory.settle(bytes)
    }
    return {
      settle: (stores) => {
        const held = [...stores].map(([id, store]) => heldBy(id, store))
        this.#stores.set(memory, held)
        settle(held.reduce((sum, { bytes }) => sum + bytes, 0))
        this.#check(stores)
      },
      close: () => {
        this.#stores.delete(memory)
        settle(0)
      },
    }
  }

  #check(stores: ReadonlyMap<string, Store>): void {
    const { limit } = this.#budget
    if (this.#used <= limit * MUCH) return
    const text = `the state of all lanes takes ${mega(this.#used)} of the ${mega(limit)} that --memory leaves for data, most of it for ${largest(stores)}`
    if (this.#used > limit * TOO_MUCH)
      throw new SluiceError(
        'memory',
        `${text}: raise --memory, or let it remember less, by shorter spans or rotate.maxOpen`,
      )
    if (!this.#warned) this.#warn(`${text}; above ${TOO_MUCH * 100} % the pipeline stops`)
    this.#warned = true
  }
}

export interface StateAccount {
  /**
   * Say what the stores hold now.
   *
   * @throws SluiceError 'memory' that names the operator with the most state, when all lanes together hold too much
   */
  settle(stores: ReadonlyMap<string, Store>): void
  close(): void
}

const mega = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MB`

const heldBy = (id: string, store: Store): HeldStore => ({
  id,
  bytes: store.memory,
  size: 'size' in store ? Number(store.size) : undefined,
})

/** The largest store by its operator and name, with the number of its entries where it has some. */
function largest(stores: ReadonlyMap<string, Store>): string {
  const [[id, store] = ['', undefined]] = [...stores].sort(([, a], [, b]) => b.memory - a.memory)
  const size = store && heldBy(id, store).size
  return size === undefined ? id : `${id} (${size} entries in this lane)`
}
