import { messageOf, SluiceError } from '../errors.ts'
import type { Batch } from '../ports.ts'
import { errorName } from './error-codes.ts'
import type { FetchedPartition } from './fetch.ts'
import { decodeRecords } from './fetched-records.ts'
import type { Topic } from './topic.ts'

/**
 * What a fetch from offset `from` brought of one partition. Rejects with a `SluiceError` 'corrupt'
 * that names them when its first records cannot be read.
 */
export async function toBatch(
  topic: Topic,
  from: number,
  { partition, bytes, aborted }: FetchedPartition,
): Promise<Batch> {
  try {
    const { records, next, size } = await decodeRecords({
      topic: topic.name,
      partition,
      from,
      bytes,
      aborted,
    })
    return { topic: topic.name, partition, from, next, records, bytes: size }
  } catch (error) {
    throw new SluiceError('corrupt', `${topic.place}: ${messageOf(error)}`, { cause: error })
  }
}

/** A refusal that no retry mends. */
export function refusal(topic: Topic, { partition, error }: FetchedPartition): SluiceError {
  return new SluiceError('config', `${partitionName(topic, partition)}: ${errorName(error)}`)
}

/**
 * That the records from `offset` on cannot be had: retention has deleted them, or the topic has
 * been made anew.
 */
export function outOfRange(
  topic: Topic,
  partition: number,
  offset: number,
  range: { low: number; high: number } | undefined,
): SluiceError {
  const holds = range ? `; it holds [${range.low}, ${range.high})` : ''
  return new SluiceError(
    'log-range',
    `${partitionName(topic, partition)}: offset ${offset} is not there (any more)${holds}`,
  )
}

export function partitionName(topic: Topic, partition: number): string {
  return `${topic.place}: topic "${topic.name}" partition ${partition}`
}
