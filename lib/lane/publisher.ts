import type { Bundle } from '../commit/bundle.ts'
import type { Chain } from '../commit/chain.ts'
import { producingAs } from '../commit/mark.ts'
import { type SegmentBytes, segmentsFrom } from '../commit/outbox.ts'
import { produce } from '../commit/produce.ts'
import { publishAll } from '../commit/publish.ts'
import type { CommitRecord } from '../commit/record.ts'
import type { RetryOptions } from '../retry.ts'
import type { Environment } from './environment.ts'
import { Fenced } from './fenced.ts'
import { alarmUnless } from './overdue.ts'

/** How long a publisher trusts what was last heard of its chain, in ms. */
const LONG_SILENCE = 60_000

export interface PublisherOptions {
  readonly environment: Environment
  readonly chain: Chain
  /** How requests to the store are tried again. */
  readonly requests: RetryOptions
  /** How messages are, of which producers have under way what they like. */
  readonly retry: RetryOptions
}

/** Makes visible what the records of one claim say is to be: objects in the bucket, messages in their topics. */
export class Publisher {
  readonly #options: PublisherOptions
  /** Wall clock at the last word from the chain. */
  #heard: number

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#heard = options.environment.clock.now()
  }

  /** The chain has said just now that the lane is still its owner's. */
  hear(): void {
    this.#heard = this.#options.environment.clock.now()
  }

  /**
   * Make visible what a record's epoch came to: all of it, before the next record is written.
   *
   * @param record the newest of its chain, as far as anybody here knows
   * @param held its bundle, where that is still in memory
   */
  async publish(record: CommitRecord, held: Bundle | undefined): Promise<void> {
    const { environment, requests } = this.#options
    const { store, events, clock } = environment
    const began = clock.now()
    const before = (): Promise<void> => this.#assertOwner(record)
    const read = segmentsFrom(store)
    const publishing = Promise.all([
      publishAll(record.objects, store, held, requests, before),
      this.#produce(
        record,
        async (segment, outbox) =>
          held?.holds(segment) ? held.slice(segment.from, segment.to) : read(segment, outbox),
        before,
      ),
    ])
    await alarmUnless(publishing, record, clock, (text) => events.note(record.lane, text))
    if (record.objects.length > 0) events.published(record, clock.now() - began)
  }

  /**
   * Whoever has not heard of its chain for long asks, before it makes anything visible, whether the lane is still its own: an object that the next owner
   * has published may have been taken away by a reader since, and must not come back.
   */
  async #assertOwner({ lane, index }: CommitRecord): Promise<void> {
    const { environment, chain, retry } = this.#options
    if (environment.clock.now() - this.#heard < LONG_SILENCE) return
    const newest = await chain.newest(retry.signal)
    if (newest && newest.record.index > index) throw new Fenced(lane, newest.record)
    this.hear()
  }

  async #produce(
    { lane, outbox = [] }: CommitRecord,
    bytesOf: SegmentBytes,
    before: () => Promise<void>,
  ): Promise<void> {
    const { environment, retry } = this.#options
    const { producers, instance, events } = environment
    const producing = producingAs(instance.id, lane)
    const options = { producers, producing, bytesOf, retry, before }
    await Promise.all(outbox.map((messages) => produce(messages, options)))
    const count = outbox.reduce((sum, messages) => sum + messages.count, 0)
    if (count > 0) events.produced(lane, count)
  }
}
