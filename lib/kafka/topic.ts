import { type Clock, systemClock } from '../clock.ts'
import { within } from '../deadline.ts'
import type { PartitionRange } from '../ports.ts'
import { attempt } from './attempt.ts'
import { type Cluster, errorType, LONGEST_ANSWER } from './client.ts'
import { type FetchedPartition, fetchFrom, type FetchRequest } from './fetch.ts'
import { type PartitionBatch, produceTo, type Written } from './produce.ts'

const FIRST_PAUSE = 100
const LONGEST_PAUSE = 2_000

/**
 * A topic as its brokers serve it. Each partition is read from and written to at the broker that
 * leads it.
 */
export interface Topic {
  readonly name: string
  /** For messages: `Kafka at host:port`. */
  readonly place: string
  /** Looks the topic up. Rejects with a `SluiceError`, `config` where there is none. */
  connect(): Promise<void>
  /** The leading broker of every partition, as known at present; -1 where none is. */
  leaders(): ReadonlyMap<number, number>
  fetch(leader: number, request: FetchRequest): Promise<FetchedPartition[]>
  produce(leader: number, batches: readonly PartitionBatch[]): Promise<Written[]>
  /** What committed records there are, by partition, of those that are named; undefined when there is no such topic. */
  ranges(wanted?: readonly number[]): Promise<PartitionRange[] | undefined>
  /**
   * After so many failures in a row: waits, from 0.1 s up to 2 s, and asks who leads now. Never
   * rejects.
   */
  recover(failures: number): Promise<void>
  close(): Promise<void>
}

/**
 * `cluster` must be the topic's own: its metadata cannot be refreshed when one of several topics
 * is gone.
 */
export function topicOn(
  cluster: Cluster,
  place: string,
  name: string,
  clock: Clock = systemClock,
): Topic {
  const known = () => cluster.findTopicPartitionMetadata(name)
  const broker = async (leader: number) => {
    await cluster.refreshMetadataIfNecessary()
    if (leader < 0) throw new Error('no broker leads it at present')
    return cluster.findBroker({ nodeId: String(leader) })
  }
  const answered = <T>(answer: Promise<T>, wait = 0) => within(wait + LONGEST_ANSWER, answer, clock)
  const fetch: Topic['fetch'] = async (leader, request) =>
    fetchFrom(await broker(leader), name, request)
  const produce: Topic['produce'] = async (leader, batches) =>
    produceTo(await broker(leader), name, batches)
  return {
    name,
    place,
    connect: () => attempt(place, name, () => cluster.addTargetTopic(name), clock),
    leaders: () => new Map(known().map(({ partitionId, leader }) => [partitionId, leader])),
    fetch: (leader, request) => answered(fetch(leader, request), request.maxWait),
    produce: (leader, batches) => answered(produce(leader, batches)),
    ranges: (wanted) => attempt(place, name, () => listRanges(cluster, name, wanted), clock),
    async recover(failures) {
      await clock.sleep(Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE))
      await answered(cluster.refreshMetadata()).catch(() => {})
    },
    close: () => cluster.disconnect(),
  }
}

const withoutLeader = (partitions: readonly number[]): Error =>
  new Error(`no broker leads partition ${partitions.join(', ')} at present`)

/** As readers of committed records see them: the end is the last stable offset. */
async function listRanges(
  cluster: Cluster,
  topic: string,
  wanted?: readonly number[],
): Promise<PartitionRange[] | undefined> {
  try {
    await cluster.addTargetTopic(topic)
    await cluster.refreshMetadata()
  } catch (error) {
    if (errorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined
    throw error
  }
  const known = cluster
    .findTopicPartitionMetadata(topic)
    .filter(({ partitionId }) => wanted?.includes(partitionId) ?? true)
  const partitions = known.map(({ partitionId }) => ({ partition: partitionId }))
  const headless = known.filter(({ leader }) => leader < 0)
  if (headless.length > 0) throw withoutLeader(headless.map(({ partitionId }) => partitionId))
  const offsets = async (fromBeginning: boolean) => {
    const listed = await cluster
      .fetchTopicsOffset([{ topic, partitions, fromBeginning }])
      .catch((error: unknown) => {
        // one broker knows it and tells who leads it, and that one does not know of it yet
        if (errorType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
        throw new Error('it is too new for one of its brokers, or is being deleted')
      })
    const found = listed.flatMap((list) => list.partitions)
    return new Map(found.map(({ partition, offset }) => [partition, Number(offset)]))
  }
  const [low, high] = await Promise.all([offsets(true), offsets(false)])
  return partitions
    .map(({ partition }) => ({
      partition,
      low: low.get(partition)!,
      high: high.get(partition)!,
    }))
    .sort((a, b) => a.partition - b.partition)
}
