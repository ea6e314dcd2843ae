import { partitionOf } from '../murmur2.ts'
import type { ReadingOptions } from '../pipeline.ts'
import type { SinkBinding } from '../sink.ts'
import type { TopicPartition } from '../topics.ts'
import type { Graph } from './graph.ts'

/**
 * Watch, before every operator that needs equal identities in one partition, for records that are in another partition than their key's. Either hash
 * that producers use by default will do: murmur2 (Java, kafkajs) or CRC32 (librdkafka).
 */
export function observeKeys(
  graph: Graph,
  { keyedBy }: ReadingOptions,
  partitions: () => number,
  misplaced: (offset: number, identity: string) => void,
): void {
  if (!keyedBy) return
  for (const operator of graph.operators) {
    if (!operator.perIdentity) continue
    operator.observe(({ value, record }) => {
      const identity = keyedBy(value)
      const key = Buffer.from(identity)
      const count = partitions()
      if (partitionOf(key, count, 'murmur2') === record.partition) return
      if (partitionOf(key, count, 'crc32') === record.partition) return
      misplaced(record.offset, identity)
    })
  }
}

/**
 * For sinks that write names which no other lane may write: whether a message's record has the key that the pipeline says, so that all of one key are in one
 * partition. Where there was but one partition when the instance was made, those of that one need none. A pure function of record and instance.
 */
export function keyCheck(
  { keyedBy }: ReadingOptions,
  lanes: readonly TopicPartition[],
  { topic, partition }: TopicPartition,
): Pick<SinkBinding, 'problemWithKey'> {
  const [only, ...others] = lanes.filter((lane) => lane.topic === topic)
  const isAlone = others.length === 0 && only?.partition === partition
  if (!keyedBy || isAlone) return {}
  return {
    problemWithKey({ value, record }) {
      const wanted = keyedBy(value)
      if (record.key?.toString() === wanted) return undefined
      const key = record.key ? `the key '${record.key.toString()}'` : 'no key'
      return `its record has ${key}, and keyedBy says '${wanted}': another partition could write the same object. Produce it with that key`
    },
  }
}
