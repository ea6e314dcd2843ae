import { messageOf, SluiceError } from '../errors.ts'
import type { Batch } from '../ports.ts'
import { errorName, isPassing, OFFSET_OUT_OF_RANGE } from './error-codes.ts'
import type { FetchedPartition } from './fetch.ts'
import { outOfRange, partitionName, refusal, toBatch } from './fetched-batch.ts'
import type { Topic } from './topic.ts'

const MAX_BYTES = 2 * 1024 * 1024
const MAX_WAIT = 500

const ATTEMPTS = 10

export interface RangeOptions {
  /** Connected. */
  readonly topic: Topic
  readonly partition: number
  readonly from: number
  /** The offset after the last to read. */
  readonly to: number
}

/**
 * The committed records `[from, to)` of one partition in order, outside any group. The next fetch
 * is under way while a batch is worked on, so memory is bounded by two fetches of 2 MiB. Rejects
 * with a `SluiceError`: `log-range` where the log does not hold the range, `service` when the
 * partition's leader does not answer in ten attempts.
 */
export async function* readRange(options: RangeOptions): AsyncGenerator<Batch> {
  const { from, to } = options
  if (from >= to) return
  let batch = await nextBatch(options, from)
  while (batch.next < to) {
    const ahead = nextBatch(options, batch.next)
    ahead.catch(() => {}) // it is awaited below, unless the reader goes away first
    yield batch
    batch = await ahead
  }
  yield cut(batch, to)
}

function cut(batch: Batch, to: number): Batch {
  if (batch.next <= to) return batch
  return { ...batch, next: to, records: batch.records.filter(({ offset }) => offset < to) }
}

/** The batch that begins at `from`, with or without records that may be seen. */
async function nextBatch(options: RangeOptions, from: number): Promise<Batch> {
  let trouble: unknown
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await options.topic.recover(attempt)
    try {
      const part = await fetchPartition(options, from)
      const batch = await toBatch(options.topic, from, part)
      if (batch.next > from) return batch
      trouble = `it ends at offset ${part.end}, before ${options.to}`
    } catch (error) {
      if (error instanceof SluiceError) throw error
      trouble = error
    }
  }
  const where = partitionName(options.topic, options.partition)
  if (typeof trouble === 'string') throw new SluiceError('log-range', `${where}: ${trouble}`)
  throw new SluiceError('service', `${where}: ${messageOf(trouble)}`, { cause: trouble })
}

async function fetchPartition(
  { topic, partition }: RangeOptions,
  from: number,
): Promise<FetchedPartition> {
  const [part] = await topic.fetch(topic.leaders().get(partition) ?? -1, {
    partitions: [{ partition, offset: from }],
    maxWait: MAX_WAIT,
    maxBytesPerPartition: MAX_BYTES,
    maxBytes: MAX_BYTES,
  })
  if (!part) throw new Error('a fetch without an answer')
  if (part.error === 0) return part
  if (part.error === OFFSET_OUT_OF_RANGE) throw outOfRange(topic, partition, from, undefined)
  if (isPassing(part.error)) throw new Error(errorName(part.error))
  throw refusal(topic, part)
}
