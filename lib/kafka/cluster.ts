import { type Broker, type ClientSettings, type Cluster, kafkajsCluster } from './client.ts'
import { askMetadata, type Metadata, MetadataError } from './metadata.ts'

/** What the declared types of kafkajs 2.2.4 leave out. */
interface UndeclaredCluster {
  brokerPool: { createBroker: (options: unknown) => Broker }
}

/**
 * Connections to the brokers, and what they know of the topics that are asked for; not connected
 * yet. What it lists are offsets as readers of committed records see them.
 *
 * Metadata is asked for by ourselves. Without topics of its own kafkajs asks about all that there
 * are, and where one partition of them has no leader, though nobody here reads it, it gives up
 * everything: while a broker was away that somebody's topic lies on alone, no other was found.
 */
export function newCluster(settings: ClientSettings): Cluster {
  const cluster = kafkajsCluster(settings)
  const { brokerPool } = cluster as unknown as UndeclaredCluster
  const { createBroker } = brokerPool
  brokerPool.createBroker = (options) => {
    const broker = createBroker(options)
    const metadata = async (topics: readonly string[] = []) =>
      asKafkajs(await askMetadata(broker, topics))
    return Object.assign(broker, { metadata })
  }
  return cluster
}

/** @throws MetadataError for a topic that is not there, or not ours to read; a partition without a leader has -1 for it */
function asKafkajs({ brokers, controller, topics }: Metadata) {
  const wrong = topics.find(({ error }) => error !== 0)
  if (wrong) throw new MetadataError(wrong)
  return {
    brokers,
    controllerId: controller,
    topicMetadata: topics.map(({ name, partitions }) => ({
      topic: name,
      partitionMetadata: partitions.map(({ partition, leader }) => ({
        partitionId: partition,
        leader,
      })),
    })),
  }
}
