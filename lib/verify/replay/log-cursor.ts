import type { Batch, Log } from '../../ports.ts'
import type { TopicPartition } from '../../topics.ts'

/** Reads a partition on, from one offset to the next that is asked for. Holds one fetch. */
export class LogCursor {
  readonly #batches: AsyncIterator<Batch>
  #batch: Batch | undefined

  /** @param to where the last one ends that will be asked for */
  constructor(log: Log, { topic, partition }: TopicPartition, from: number, to: number) {
    this.#batches = log.read(topic, partition, from, to)[Symbol.asyncIterator]()
  }

  /** What comes next, up to an offset. */
  async *upTo(to: number): AsyncGenerator<Batch> {
    for (;;) {
      const batch = this.#batch ?? (await this.#next())
      this.#batch = undefined
      if (!batch) return
      if (batch.from >= to) {
        this.#batch = batch
        return
      }
      if (batch.next > to) this.#batch = partOf(batch, to, batch.next)
      yield batch.next > to ? partOf(batch, batch.from, to) : batch
      if (batch.next >= to) return
    }
  }

  async close(): Promise<void> {
    await this.#batches.return?.()
  }

  async #next(): Promise<Batch | undefined> {
    const { done, value } = await this.#batches.next()
    return done ? undefined : (value as Batch)
  }
}

const partOf = (batch: Batch, from: number, next: number): Batch => ({
  ...batch,
  from,
  next,
  records: batch.records.filter(({ offset }) => offset >= from && offset < next),
})
