import type { ReadingOptions } from '../pipeline.ts'
import { partitionOf } from '../murmur2.ts'
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
