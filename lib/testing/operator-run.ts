import type { AnswerLog, RecordedAnswers } from '../answers.ts'
import { Barrier, Chunk, type Item, type Message } from '../message.ts'
import type { Fates, Operator, Rejection } from '../operator.ts'
import type { OperatorStream } from '../operator-stream.ts'
import { newStores, type Stores } from '../state/stores.ts'
import { Crash, Restart } from './input.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** For an operator that asks somebody outside. */
export interface Outside {
  /** Goes on while it waits. The machine's clock unless given. */
  readonly clock?: VirtualClock
  /** Where its answers are kept; or those of an earlier run, in place of whom it asks. */
  readonly answers?: AnswerLog | RecordedAnswers
}

/** What one operator did with the input it was fed. */
export interface Fed<O> {
  readonly values: O[]
  readonly messages: Message<O>[]
  /** Everything it sent on, in order: chunks, watermarks and barriers too. */
  readonly items: Item<O>[]
  readonly rejected: Rejection[]
  /** Its stores after the last item. */
  readonly stores: Stores
  readonly operator: OperatorStream
}

/** What stands when the process is gone: all that came before the last barrier. */
interface Commit {
  readonly sent: number
  readonly rejected: number
  readonly fates: Fates
  readonly stores: Stores
}

/**
 * One operator in a lane of its own, over crashes and restarts: what it did since the last barrier is forgotten by a crash, and done again from the
 * stores as of that barrier after the restart.
 */
export class OperatorRun<I, O> {
  readonly #operator: Operator<I, O>
  readonly #restarts: boolean
  readonly #outside: Outside
  readonly #sent: Item<O>[] = []
  readonly #rejected: Rejection[] = []
  /** Items since the last barrier that was committed. */
  #pending: Item<I>[] = []
  #stores: Stores
  #commit: Commit
  #alive = true

  /** `restarts`: it will be restarted, so its stores are to be kept as of every barrier. */
  constructor(
    operator: Operator<I, O>,
    earlier: Stores | undefined,
    restarts: boolean,
    outside: Outside,
  ) {
    this.#operator = operator
    this.#restarts = restarts
    this.#outside = outside
    this.#stores = this.#bind(earlier)
    this.#commit = this.#mark()
    operator.on('data', (item: Item<O>) => this.#sent.push(item))
    operator.on('error', () => undefined) // whoever writes is told
  }

  async take(item: Item<I> | Crash | Restart): Promise<void> {
    if (item instanceof Crash) this.#crash()
    else if (item instanceof Restart) await this.#restart()
    else {
      this.#pending.push(item)
      if (this.#alive) await this.#process(item)
    }
  }

  end(): Fed<O> {
    this.#operator.destroy()
    const messages = this.#sent.flatMap((item) => (item instanceof Chunk ? item.messages : []))
    return {
      values: messages.map((message) => message.value),
      messages,
      items: this.#sent,
      rejected: this.#rejected,
      stores: this.#stores,
      operator: this.#operator,
    }
  }

  async #process(item: Item<I>): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#operator.write(item, (error) => (error ? reject(error) : resolve()))
    })
    const { clock } = this.#outside
    await (clock ? clock.run(written) : written)
    await sentOn()
    if (!(item instanceof Barrier)) return
    this.#commit = this.#mark()
    this.#pending = []
  }

  #crash(): void {
    const { sent, rejected, fates, stores } = this.#commit
    this.#alive = false
    this.#sent.length = sent
    this.#rejected.length = rejected
    Object.assign(this.#operator.fates, fates)
    this.#stores = stores
  }

  async #restart(): Promise<void> {
    if (this.#alive && this.#pending.length > 0) await this.take(new Barrier(0))
    this.#stores = this.#bind(this.#commit.stores)
    this.#commit = this.#mark()
    this.#alive = true
    for (const item of this.#pending.splice(0)) await this.take(item)
  }

  /** Begin with new stores that read the earlier ones back. */
  #bind(earlier: Stores | undefined): Stores {
    const stores = newStores(earlier?.sealed)
    this.#operator.bind({
      state: stores,
      reject: (rejections) => void this.#rejected.push(...rejections),
      ...this.#outside,
    })
    readBack(stores, earlier)
    return stores
  }

  #mark(): Commit {
    const stores = newStores(this.#stores.sealed)
    if (this.#restarts) {
      this.#operator.declare(stores)
      readBack(stores, this.#stores)
    }
    const { fates } = this.#operator
    return { sent: this.#sent.length, rejected: this.#rejected.length, fates: { ...fates }, stores }
  }
}

function readBack(stores: Stores, earlier: Stores | undefined): void {
  for (const [name, store] of earlier?.all ?? []) stores.all.get(name)?.apply(store.base().bytes)
}

/** A stream tells what it has sent on before the event loop comes round. */
const sentOn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
