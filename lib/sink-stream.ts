import { Writable } from 'node:stream'
import { SluiceError } from './errors.ts'
import { Barrier, Chunk, type Message, Watermark } from './message.ts'
import type { Rejection } from './operator.ts'
import { link } from './operator-stream.ts'
import { plainMessage } from './plain.ts'
import type { RestoredRows, Sink, SinkBinding, SinkEpoch } from './sink.ts'

/** Why a sink cannot take a message. */
export interface Refusal {
  readonly problem: string
}

/**
 * The Writable behind every sink: takes chunks and barriers from streams of our own kind and plain events from any other, charges what messages take to
 * the lane, and sends those that are refused to the rejected flow before it takes more.
 */
export abstract class SinkStream extends Writable implements Sink<unknown> {
  abstract readonly id: string
  abstract readonly place: string
  #binding: SinkBinding | undefined
  #kept = 0
  #refused = 0
  #rejected: Rejection[] = []

  constructor() {
    super({ objectMode: true, highWaterMark: 1 })
    this.on('pipe', link)
  }

  abstract restore(rows: RestoredRows): void

  abstract due(now: number): number

  /** What there is to say of it while it is not bound. */
  protected abstract readonly unbound: string

  /** Take a message in: how many bytes of memory it took, or why it cannot be taken. A throw fails the sink, and with it the lane. */
  protected abstract put(message: Message<unknown>): number | Refusal

  /** What the epoch that ends leaves to be staged. */
  protected abstract takeEpoch(): Omit<SinkEpoch, 'kept' | 'rejected'>

  /** Event time has passed this. */
  protected atWatermark(_time: number): void {}

  /** Before the lane is told that the barrier is here. */
  protected atBarrier(_barrier: Barrier): void {}

  protected get binding(): SinkBinding {
    if (this.#binding) return this.#binding
    throw new SluiceError('config', `${this.place} ${this.unbound}`)
  }

  bind(binding: SinkBinding): void {
    this.#binding = binding
  }

  take(): SinkEpoch {
    const [kept, rejected] = [this.#kept, this.#refused]
    this.#kept = 0
    this.#refused = 0
    return { kept, rejected, ...this.takeEpoch() }
  }

  override _write(item: unknown, _: BufferEncoding, done: (error?: Error | null) => void): void {
    try {
      this.#take(item)
    } catch (error) {
      return done(error as Error)
    }
    if (this.#rejected.length === 0) return done()
    const rejected = this.#rejected
    this.#rejected = []
    const room = this.binding.reject(rejected)
    if (room) room.then(() => done(), done)
    else done()
  }

  #take(item: unknown): void {
    if (item instanceof Watermark) return this.atWatermark(item.time)
    if (item instanceof Barrier) {
      this.atBarrier(item)
      return this.binding.arrived()
    }
    const { memory } = this.binding
    const messages = item instanceof Chunk ? item.messages : [plainMessage(item)]
    let taken = 0
    for (const message of messages) taken += this.#message(message)
    memory.charge(taken)
  }

  /** Says how much memory the message took. */
  #message(message: Message<unknown>): number {
    const taken = this.put(message)
    if (typeof taken === 'number') {
      this.#kept++
      return taken
    }
    this.#refused++
    this.#rejected.push({ operator: this.id, reason: taken.problem, problems: [], message })
    return 0
  }
}
