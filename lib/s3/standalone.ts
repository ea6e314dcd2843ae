import { randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { adaptiveLimit } from '../adaptive-limit.ts'
import { type Clock, systemClock } from '../clock.ts'
import { Bundle } from '../commit/bundle.ts'
import { publish } from '../commit/publish.ts'
import type { LaneName } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import { Account, Budget } from '../memory.ts'
import type { Rejection } from '../operator.ts'
import { link } from '../operator-stream.ts'
import type { ObjectStore } from '../ports.ts'
import type { RetryOptions } from '../retry.ts'
import { PART } from './growth.ts'
import type { ObjectName } from './object-name.ts'
import { newS3Sink, type S3Options, type S3Sink } from './sink.ts'

export interface StandaloneOptions {
  readonly store: ObjectStore
  /** Begins the names of objects, unless the sink's `name` says otherwise. `'events'` unless said otherwise. */
  readonly name?: string
  readonly clock?: Clock
}

const REQUESTS = 8

/**
 * The S3 sink as a plain Writable, for `stream.pipeline(readable, …, sink)` with no pipeline around it. Takes plain events, messages or chunks. An object
 * becomes visible when it is finished: by its rotation, looked at with every write, or at the end of the stream; a stream that fails leaves its
 * unfinished objects invisible.
 *
 * Memory is bounded by one part (8 MiB) and what is on its way for each open object. Nothing is committed and nothing recovered: a restart begins new
 * objects, and what it is fed again is written again.
 */
export function standalone<T>(options: S3Options<T>, world: StandaloneOptions): Writable {
  return new Standalone(newS3Sink({ name: ownName, ...options }), world)
}

/** Nothing is known of earlier runs, so the names themselves have to tell them apart. */
const ownName: ObjectName = ({ topic, instance, commitIndex, ordinal, extension }) =>
  `${topic}+${instance}+${commitIndex}.${ordinal}.${extension}`

class Standalone extends Writable {
  readonly #sink: S3Sink
  readonly #lane: LaneName
  readonly #clock: Clock
  readonly #store: ObjectStore
  readonly #abort = new AbortController()
  readonly #retry: RetryOptions
  readonly #budget = new Budget(Infinity)
  readonly #owner = randomBytes(8).toString('hex')
  #epoch = 1

  constructor(sink: S3Sink, { store, name = 'events', clock = systemClock }: StandaloneOptions) {
    super({ objectMode: true, highWaterMark: 1 })
    this.#sink = sink
    this.#store = store
    this.#clock = clock
    const { signal } = this.#abort
    this.#retry = { clock, signal, limit: adaptiveLimit(REQUESTS, clock) }
    this.#lane = { pipeline: 'standalone', topic: name, partition: 0, stage: 1 }
    this.on('pipe', link)
    sink.bind({
      lane: this.#lane,
      instance: randomBytes(3).toString('hex'),
      store,
      retry: this.#retry,
      memory: new Account(this.#budget),
      share: () => PART,
      losesUploads: false,
      carries: false,
      committed: () => Promise.resolve(),
      published: () => Promise.resolve(),
      epoch: () => ({ commit: this.#epoch, owner: this.#owner, tick: clock.now() }),
      reject: (rejections) => Promise.reject(unheard(rejections)),
      arrived: () => undefined,
    })
    sink.on('error', (error) => this.destroy(error))
  }

  override _write(item: unknown, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#sink.write(item, (error) => {
      if (error) return done(error)
      this.#sink.objects.closeDue(this.#clock.now())
      this.#publish().then(() => done(), done)
    })
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#sink.objects.closeAll()
    this.#publish().then(() => done(), done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#abort.abort(error ?? new Error('the sink was destroyed'))
    this.#sink.destroy()
    done(error)
  }

  /** Make visible what is finished. */
  async #publish(): Promise<void> {
    if (!this.#sink.objects.hasClosed) return
    const bundle = new Bundle(this.#lane, this.#epoch, this.#owner)
    const epoch = this.#sink.take()
    this.#epoch++
    const { objects } = await epoch.stage(bundle, new Account(this.#budget))
    await Promise.all(
      objects.map((object) =>
        publish(
          object,
          this.#store,
          ({ staged }) => Promise.resolve(bundle.bytesOf(staged)),
          this.#retry,
        ),
      ),
    )
  }
}

function unheard([rejection]: readonly Rejection[]): SluiceError {
  const { operator, reason } = rejection as Rejection
  return new SluiceError(
    'rejected',
    `the sink ${operator} cannot write an event: ${reason}. Used alone, it has no rejected flow to send it to`,
  )
}
