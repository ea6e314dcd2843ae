import { messageOf } from '../errors.ts'
import type { NewRecord, Producer } from '../ports.ts'

/** Lines whose records were not acknowledged: whether the log has them is unknown. */
export interface FailedLines {
  readonly first: number
  readonly last: number
  /** The one with the most bytes, as that may be why. */
  readonly longest: number
  readonly reason: string
}

interface Waiting {
  readonly line: number
  readonly record: NewRecord
  readonly bytes: number
}

/** What waits for the append under way, in bytes, before no more is taken. */
const WAITING_BYTES = 1024 ** 2

/** Records of lines on their way to a topic, in order: one append is under way at a time, and what comes meanwhile goes with the next one. After a failure nothing more is sent. */
export class Appends {
  readonly #open: () => Promise<Producer>
  readonly #progress: (written: number) => void
  readonly #failing = new AbortController()
  #producer: Producer | undefined
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #sending: Promise<void> | undefined
  #written = 0
  #failure: FailedLines | undefined

  /** @param open opens the topic: called once, when there is something to send */
  constructor(open: () => Promise<Producer>, progress: (written: number) => void = () => {}) {
    this.#open = open
    this.#progress = progress
  }

  /** Records that the log has acknowledged. */
  get written(): number {
    return this.#written
  }

  get failure(): FailedLines | undefined {
    return this.#failure
  }

  /** Aborted at the first failure. */
  get failed(): AbortSignal {
    return this.#failing.signal
  }

  add(line: number, record: NewRecord): void {
    const bytes = record.value?.length ?? 0
    this.#waiting.push({ line, record, bytes })
    this.#waitingBytes += bytes
  }

  /** Send what was added. Resolves when there is room for more. */
  async send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined))
    if (this.#waitingBytes >= WAITING_BYTES) await this.#sending
  }

  /** Resolves when everything is acknowledged, or nothing more can be. */
  async end(): Promise<void> {
    await this.#sending
    await this.#sendAll()
    await this.#producer?.close()
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#append()
  }

  async #append(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    if (this.#failure) return
    try {
      this.#producer ??= await this.#open()
      await this.#producer.append(waiting.map(({ record }) => record))
    } catch (error) {
      this.#failure = failureOf(waiting, messageOf(error))
      return this.#failing.abort()
    }
    this.#written += waiting.length
    this.#progress(this.#written)
  }
}

const failureOf = (waiting: readonly Waiting[], reason: string): FailedLines => ({
  first: waiting[0]!.line,
  last: waiting.at(-1)!.line,
  longest: waiting.reduce((longest, one) => (one.bytes > longest.bytes ? one : longest)).line,
  reason,
})
