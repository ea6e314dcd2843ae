import { type Admin, Kafka, logLevel } from 'kafkajs'
import { type Services, startServices } from '../../lib/services/index.ts'
import { kafkaAnswers } from '../../lib/services/health.ts'
import { newClusterId } from '../../lib/services/kafka.ts'
import { freePort } from '../../lib/services/ports.ts'
import type { Service } from '../../lib/services/service.ts'
import { until as untilSo } from '../integration/kafka-reading.ts'

const IDS = [1, 2, 3]

/** Every partition lies on all three brokers, and is written with two of them. */
const PROPERTIES = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  // of one partition, so that its leader coordinates all groups
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '3',
  // by default more than the heap of such a node
  'log.cleaner.dedupe.buffer.size': String(4 * 1024 ** 2),
}

/** The topic whose leader coordinates groups. */
const OFFSETS = '__consumer_offsets'

/** How often it is asked, in ms: each time through connections of its own. */
const ASKED_EVERY = 250

/** Until something is so on a cluster. */
export const until = (condition: () => Promise<boolean>): Promise<void> =>
  untilSo(condition, ASKED_EVERY)

/** Three brokers that stand in for each other: any one of them may be away. */
export class KafkaCluster {
  readonly ids: readonly number[] = IDS
  readonly #nodes: ReadonlyMap<number, Services<'kafka'>>

  private constructor(nodes: ReadonlyMap<number, Services<'kafka'>>) {
    this.#nodes = nodes
  }

  /** Resolves when all three know of each other. They end with this process. */
  static async start(): Promise<KafkaCluster> {
    const clusterId = newClusterId()
    const controllers = new Map<number, number>()
    for (const id of IDS) controllers.set(id, await freePort())
    const startNode = async (id: number): Promise<[number, Services<'kafka'>]> => {
      const node = { id, clusterId, controllers }
      const broker = { listeners: {}, properties: PROPERTIES, node }
      return [id, await startServices(['kafka'], { broker })]
    }
    // all at once: none answers before two of them have agreed on who leads
    const nodes = await Promise.allSettled(IDS.map(startNode))
    const failure = nodes.find((node) => node.status === 'rejected')
    const cluster = new KafkaCluster(
      new Map(nodes.flatMap((node) => (node.status === 'fulfilled' ? [node.value] : []))),
    )
    if (failure) {
      await cluster.remove()
      throw failure.reason
    }
    await cluster.whole()
    await cluster.#addLonely()
    return cluster
  }

  /** `host:port` of all of them. */
  get brokers(): readonly string[] {
    return Array.from(this.#nodes.values(), ({ kafka }) => kafka.url)
  }

  node(id: number): Service {
    return this.#nodes.get(id)!.kafka
  }

  /** Which node coordinates groups; undefined while none does, or nobody says. */
  async coordinator(): Promise<number | undefined> {
    const [leader] = await this.leaders(OFFSETS)
    return leader
  }

  /** Which nodes lead the partitions of a topic, by partition; none where nobody says. */
  async leaders(topic: string): Promise<readonly (number | undefined)[]> {
    const found = await this.ask((admin) => admin.fetchTopicMetadata({ topics: [topic] }))
    return (found?.topics[0]?.partitions ?? [])
      .toSorted((a, b) => a.partitionId - b.partitionId)
      .map(({ leader }) => (leader < 0 ? undefined : leader))
  }

  /** Until a broker that is away leads nothing of these topics any more, and coordinates no group. */
  async replaced(away: number, topics: readonly string[]): Promise<void> {
    await until(async () => {
      const all = await Promise.all([OFFSETS, ...topics].map((topic) => this.leaders(topic)))
      return all.every((leaders) => leaders.length > 0 && leaders.every((id) => id && id !== away))
    })
  }

  /** Until every replica is in sync: any broker may be taken away then. */
  async whole(): Promise<void> {
    await until(async () => {
      const brokers = await this.ask((admin) => admin.describeCluster())
      const all = await this.ask((admin) => admin.fetchTopicMetadata())
      const partitions = all?.topics.flatMap((topic) => topic.partitions)
      return (
        brokers?.brokers.length === IDS.length &&
        partitions?.every(({ isr, replicas }) => isr.length === replicas.length) === true
      )
    })
  }

  /** Ask whichever of those that answer; undefined when the answer cannot be had now. */
  async ask<T>(question: (admin: Admin) => Promise<T>): Promise<T | undefined> {
    const addresses = Array.from(this.#nodes.values(), async ({ kafka }) =>
      (await kafkaAnswers(kafka.url)) ? [kafka.url] : [],
    )
    const brokers = (await Promise.all(addresses)).flat()
    const options = { logLevel: logLevel.NOTHING, retry: { retries: 1 }, requestTimeout: 3_000 }
    const admin = new Kafka({ brokers, ...options }).admin()
    try {
      await admin.connect()
      // else kafkajs asks about all topics at first, and gives up where one has no leader
      await admin.fetchTopicMetadata({ topics: [OFFSETS] }).catch(() => undefined)
      return await question(admin)
    } catch {
      return undefined
    } finally {
      await admin.disconnect()
    }
  }

  async remove(): Promise<void> {
    await Promise.all(Array.from(this.#nodes.values(), (services) => services.remove()))
  }

  /** Each broker alone has a topic of somebody else's, which nobody leads while it is away. */
  async #addLonely(): Promise<void> {
    const topics = IDS.map((id) => ({
      topic: `lonely-${id}`,
      replicaAssignment: [{ partition: 0, replicas: [id] }],
    }))
    await until(
      async () => (await this.ask((admin) => admin.createTopics({ topics }))) !== undefined,
    )
  }
}
