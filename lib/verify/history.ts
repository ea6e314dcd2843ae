import type { Clock } from '../clock.ts'
import { Chain } from '../commit/chain.ts'
import type { CommitRecord } from '../commit/record.ts'
import type { ObjectStore } from '../ports.ts'
import { findLanes, findTopic } from './discovery.ts'

export interface HistoryOptions {
  /** Name of the instance: the pipeline's, unless it was run with another. */
  readonly pipeline: string
  /** Which topic, where it has run on several. */
  readonly topic?: string
  /** One partition's lane, both its stages; all of them unless said otherwise. */
  readonly partition?: number
  readonly store: ObjectStore
  readonly clock: Clock
}

/**
 * The commit records of a pipeline, newest first; of several lanes by the wall clock at their writing. Holds one record a lane.
 *
 * @throws SluiceError 'config' when there is no such pipeline, topic or lane; 'corrupt' at a record that cannot be read
 */
export async function* history(options: HistoryOptions): AsyncGenerator<CommitRecord> {
  const { pipeline, partition, store, clock } = options
  const topic = await findTopic(pipeline, options.topic, store, clock)
  const found = [
    ...(await findLanes(pipeline, topic, 1, store, clock)),
    ...(await findLanes(pipeline, topic, 2, store, clock)),
  ].filter(({ lane }) => partition === undefined || lane.partition === partition)
  const readers = found.map(({ lane, newest }) => backwards(new Chain(lane, store, clock), newest))
  const heads = await Promise.all(readers.map(async (reader) => (await reader.next()).value))
  for (;;) {
    let newest = -1
    for (const [i, record] of heads.entries())
      if (record && (newest < 0 || isNewer(record, heads[newest]))) newest = i
    const record = heads[newest]
    if (!record) return
    heads[newest] = (await readers[newest]?.next())?.value
    yield record
  }
}

const isNewer = (record: CommitRecord, other: CommitRecord | undefined): boolean =>
  other === undefined || record.at > other.at

/** What is missing in a chain is for `verify` to say. */
async function* backwards(chain: Chain, newest: number): AsyncGenerator<CommitRecord, undefined> {
  for (let index = newest; index > 0; index--) {
    const stored = await chain.read(index)
    if (stored) yield stored.record
  }
  return undefined
}
