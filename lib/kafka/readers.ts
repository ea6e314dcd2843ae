import { messageOf, SluiceError } from '../errors.ts'
import type { GroupListener } from '../ports.ts'
import type { TopicPartition } from '../topics.ts'
import type { ClientSettings } from './client.ts'
import { newCluster } from './cluster.ts'
import { type Reader, startReader } from './reader.ts'
import { type Topic, topicOn } from './topic.ts'

export interface ReadersOptions {
  readonly client: ClientSettings
  /** For messages: `Kafka at host:port`. */
  readonly place: string
  /** Longest wait of a fetch for new records, in ms. */
  readonly pollTimeout: number
  readonly listener: GroupListener
}

/** What a member of a group reads: one reader a topic, each with connections and a fetch of its own. */
export class Readers {
  readonly #options: ReadersOptions
  readonly #open = new Map<string, { readonly topic: Topic; readonly reader: Reader }>()
  #stopped = false

  constructor(options: ReadersOptions) {
    this.#options = options
  }

  /** @throws SluiceError 'config' when there is no such topic, 'service' when no broker answers */
  async open(name: string): Promise<void> {
    const { client, place, pollTimeout, listener } = this.#options
    const topic = topicOn(newCluster(client), place, name)
    try {
      await topic.connect()
    } catch (error) {
      await topic.close()
      throw error
    }
    const reader = startReader({
      topic,
      pollTimeout,
      deliver: (batch) => listener.batch(batch),
      retrying: (partition, error) =>
        listener.retrying?.({ topic: name, partition }, `${place}: ${messageOf(error)}`),
      failed: (error) => listener.failed(error),
    })
    this.#open.set(name, { topic, reader })
  }

  /**
   * Replaces what is read, after opening topics that are not open yet. One that is not to be found
   * is left out: it may be too new for this broker, or gone, which is for others to say.
   *
   * @returns what is read of these partitions
   */
  async assign(partitions: readonly TopicPartition[]): Promise<readonly TopicPartition[]> {
    const byTopic = Map.groupBy(partitions, ({ topic }) => topic)
    for (const name of byTopic.keys())
      if (!this.#stopped && !this.#open.has(name))
        await this.open(name).catch((error: unknown) => {
          if (!(error instanceof SluiceError)) throw error
        })
    for (const [name, { reader }] of this.#open)
      reader.assign(byTopic.get(name)?.map(({ partition }) => partition) ?? [])
    return partitions.filter(({ topic }) => this.#open.has(topic))
  }

  seek({ topic, partition }: TopicPartition, offset: number): void {
    this.#open.get(topic)?.reader.seek(partition, offset)
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.#open.get(topic)?.reader.pause([partition])
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.#open.get(topic)?.reader.resume([partition])
  }

  async close(): Promise<void> {
    this.#stopped = true
    for (const { reader } of this.#open.values()) reader.stop()
    await Promise.all(Array.from(this.#open.values(), ({ topic }) => topic.close()))
  }
}
