import type { Producers } from '../commit/produce.ts'
import { messageOf, SluiceError } from '../errors.ts'
import type { Log, NewRecord, Producer } from '../ports.ts'

/** A topic's producer, while it is in use. */
interface Opened {
  readonly producer: Producer
  /** Appends that are under way. */
  appends: number
  failed: boolean
}

/** One producer for each topic that a pipeline produces to, for all lanes of a process. One that has failed is opened anew. */
export class TopicProducers implements Producers {
  readonly #log: Log
  readonly #topics = new Map<string, Promise<Opened>>()
  readonly #partitions = new Map<string, () => number>()

  private constructor(log: Log) {
    this.#log = log
  }

  /**
   * Open them all, before anything is read: what is committed has to be produced.
   *
   * @throws SluiceError 'config' for a topic that is not there, or that somebody else writes to where only one may
   */
  static async open(topics: readonly string[], log: Log): Promise<TopicProducers> {
    const producers = new TopicProducers(log)
    try {
      for (const topic of topics)
        await producers.#opened(topic).catch(async (error: unknown) => {
          throw (await log.ranges(topic)) === undefined ? missing(topic, log) : error
        })
      return producers
    } catch (error) {
      await producers.close()
      throw error
    }
  }

  partitions(topic: string): number {
    return this.#partitions.get(topic)?.() ?? 0
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<void> {
    const opened = await this.#opened(topic).catch((error: unknown) => {
      // it was there when the run began
      throw new SluiceError('service', messageOf(error), { cause: error })
    })
    opened.appends++
    try {
      await opened.producer.append(records)
    } catch (error) {
      if (!opened.failed) this.#topics.delete(topic)
      opened.failed = true
      throw error
    } finally {
      opened.appends--
      if (opened.failed && opened.appends === 0)
        await opened.producer.close().catch(() => undefined)
    }
  }

  async close(): Promise<void> {
    const all = await Promise.allSettled(this.#topics.values())
    this.#topics.clear()
    for (const opened of all) if (opened.status === 'fulfilled') await opened.value.producer.close()
  }

  #opened(topic: string): Promise<Opened> {
    const there = this.#topics.get(topic)
    if (there) return there
    const opening = this.#log.producer(topic).then((producer) => {
      this.#partitions.set(topic, () => producer.partitions)
      return { producer, appends: 0, failed: false }
    })
    this.#topics.set(topic, opening)
    opening.catch(() => this.#topics.delete(topic))
    return opening
  }
}

const missing = (topic: string, { place }: Log): SluiceError =>
  new SluiceError(
    'config',
    `there is no topic ${topic} at ${place} to produce to: create it, with as many partitions as its readers need`,
  )
