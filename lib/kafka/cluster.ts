import { type Clock, systemClock } from '../clock.ts'
import { type Broker, type ClientSettings, type Cluster, kafkajsCluster } from './client.ts'
import { type Connection, mendConnection } from './connection.ts'
import { askMetadata, type Metadata, MetadataError } from './metadata.ts'

/** How long a broker may take until it is connected, and when it is asked about others, in ms. */
const CONNECTED_WITHIN = 5_000
const LOOKED_UP_WITHIN = 10_000

/** What the declared types of kafkajs 2.2.4 leave out. */
interface UndeclaredCluster {
  brokerPool: { createBroker: (options: unknown) => UndeclaredBroker }
}

interface UndeclaredBroker extends Broker {
  findGroupCoordinator(request: { groupId: string }): Promise<unknown>
  connectionPool: { pool: Connection[] }
}

/**
 * Connections to the brokers, and what they know of the topics that are asked for; not connected
 * yet. What it lists are offsets as readers of committed records see them.
 *
 * Metadata is asked for by ourselves. Without topics of its own kafkajs asks about all that there
 * are, and where one partition of them has no leader, though nobody here reads it, it gives up
 * everything: while a broker was away that somebody's topic lies on alone, no other was found.
 *
 * A broker that accepts connections and answers nothing is hung up on: kafkajs waits for it for 30
 * seconds, each time anew, while others know as much. For what is mended of its connections see
 * `mendConnection`.
 */
export function newCluster(settings: ClientSettings, clock: Clock = systemClock): Cluster {
  const cluster = kafkajsCluster(settings)
  const { brokerPool } = cluster as unknown as UndeclaredCluster
  const { createBroker } = brokerPool
  brokerPool.createBroker = (options) => mended(createBroker(options), clock)
  return cluster
}

function mended(broker: UndeclaredBroker, clock: Clock): UndeclaredBroker {
  for (const connection of broker.connectionPool.pool) mendConnection(connection)
  const connect = broker.connect.bind(broker)
  const findCoordinator = broker.findGroupCoordinator.bind(broker)
  const unlessHung = <T>(ms: number, answer: Promise<T>) =>
    orElse(ms, answer, () => hangUp(broker, ms), clock)
  return Object.assign(broker, {
    connect: () => unlessHung(CONNECTED_WITHIN, connect()),
    metadata: async (topics: readonly string[] = []) =>
      asKafkajs(await unlessHung(LOOKED_UP_WITHIN, askMetadata(broker, topics))),
    findGroupCoordinator: (request: { groupId: string }) =>
      unlessHung(LOOKED_UP_WITHIN, findCoordinator(request)),
  })
}

/** All that is asked of this broker fails, and it counts as not connected. */
function hangUp({ connectionPool }: UndeclaredBroker, ms: number): void {
  for (const { socket } of connectionPool.pool)
    socket?.destroy(new Error(`no answer within ${ms / 1_000} s`))
}

/** The answer; when it takes longer, something is done about it. */
async function orElse<T>(
  ms: number,
  answer: Promise<T>,
  act: () => void,
  clock: Clock,
): Promise<T> {
  const settled = new AbortController()
  clock.sleep(ms, settled.signal).then(act, () => undefined)
  try {
    return await answer
  } finally {
    settled.abort()
  }
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
