import type { Clock } from '../clock.ts'
import { Chain } from '../commit/chain.ts'
import type { CommitRecord } from '../commit/record.ts'
import type { ObjectStore } from '../ports.ts'
import { findLanes, findName } from './discovery.ts'

export interface HistoryOptions {
  /** Name of the instance: the pipeline's, unless it was run with another. */
  readonly pipeline: string
  /** Topics that the run was on, where they were not the pipeline's own; or some of its own, the lanes of which are wanted. */
  readonly topics?: readonly string[]
  /** Lanes of this partition only, both their stages. */
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
  const { pipeline, topics, partition, store, clock } = options
  const name = await findName(pipeline, topics, store, clock)
  const found = [
    ...(await findLanes(name, 1, store, clock)),
    ...(await findLanes(name, 2, store, clock)),
  ].filter(
    ({ lane }) =>
      (partition === undefined || lane.partition === partition) &&
      (topics?.includes(lane.topic) ?? true),
  )
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
