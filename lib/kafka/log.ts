import { systemClock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import type { Log } from '../ports.ts'
import { attempt } from './attempt.ts'
import { type Cluster, createTopic, errorType } from './client.ts'
import { newCluster } from './cluster.ts'
import { within } from '../deadline.ts'
import { showSelection } from '../topics.ts'
import { joinGroup } from './group.ts'
import { anyBroker, findTopics, isKnownEverywhere } from './metadata.ts'
import { createProducer } from './producer.ts'
import { readRange } from './range.ts'
import { readTls, type Security } from './security.ts'
import { type Topic, topicOn } from './topic.ts'
import { findTopicIds } from './topic-id.ts'
import { unreachable } from './unreachable.ts'

const REACHED_WITHIN = 8_000
const CREATED_CHECKS = 100
const CREATED_PAUSE = 50

export interface KafkaSettings {
  /** `host:port` each, as in KAFKA_BROKERS; any of them leads to the others. */
  readonly brokers: readonly string[]
  /** TLS and SASL; without it neither. */
  readonly security?: Security
}

/**
 * Kafka (≥ 2.1) as a log. Rejects within 8 s with a `SluiceError` of one line when no broker
 * answers, or 'config' when settings have to be mended: an address, a certificate, a login. Later, brokers that are away are waited for.
 */
export async function kafkaLog({ brokers, security = {} }: KafkaSettings): Promise<Log> {
  const place = `Kafka at ${brokers.join(',')}`
  checkAddresses(brokers)
  const { sasl } = security
  const connection = { brokers, sasl, encryption: security.tls && (await readTls(security.tls)) }
  const client = { ...connection, clientId: 'sluice' }
  await reach(newCluster(client), place)

  const lookups = newCluster(client)
  const topics = new Map<string, Topic>()
  const topicOf = (name: string): Topic => {
    const topic = topics.get(name) ?? topicOn(newCluster(client), place, name)
    topics.set(name, topic)
    return topic
  }
  const connected = async (name: string): Promise<Topic> => {
    const topic = topicOn(newCluster(client), place, name)
    await topic.connect()
    return topic
  }

  return {
    place,
    topics: (wanted) => attempt(place, showSelection(wanted), () => findTopics(lookups, wanted)),
    ranges: (name, partitions) => topicOf(name).ranges(partitions),
    topicIds: (names) => attempt(place, names.join(', '), () => findTopicIds(lookups, names)),
    async create(name, partitions) {
      await attempt(place, name, () => ensureTopic(lookups, name, partitions))
      for (let check = 0; check < CREATED_CHECKS; check++) {
        if (await isKnownEverywhere(lookups, name)) return
        await systemClock.sleep(CREATED_PAUSE)
      }
    },
    join: (options) => joinGroup({ ...options, connection, place }),
    producer: async (name) => createProducer(await connected(name)),
    async *read(name, partition, from, to) {
      const topic = await connected(name)
      try {
        yield* readRange({ topic, partition, from, to })
      } finally {
        await topic.close()
      }
    },
    async close() {
      for (const topic of topics.values()) await topic.close()
      await lookups.disconnect()
    },
  }
}

function checkAddresses(brokers: readonly string[]): void {
  if (brokers.length === 0) throw new SluiceError('config', 'KAFKA_BROKERS names no broker')
  const wrong = brokers.find((address) => !/^[^\s:/]+:\d{1,5}$/.test(address))
  if (wrong !== undefined)
    throw new SluiceError('config', `KAFKA_BROKERS: "${wrong}" is not host:port`)
}

/** Proves that a broker answers, also at the address that it announces. */
async function reach(cluster: Cluster, place: string): Promise<void> {
  try {
    await within(REACHED_WITHIN, anyBroker(cluster))
  } catch (error) {
    throw unreachable(place, error)
  } finally {
    void cluster.disconnect().catch(() => {})
  }
}

/** With the broker's default number of replicas, unless it is there. */
async function ensureTopic(cluster: Cluster, topic: string, partitions: number): Promise<void> {
  await anyBroker(cluster)
  await cluster.refreshMetadata()
  try {
    await createTopic(cluster, topic, partitions)
  } catch (error) {
    if (errorType(error) !== 'TOPIC_ALREADY_EXISTS') throw error
  }
}
