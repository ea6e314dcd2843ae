import type { Selection, Topics } from '../topics.ts'
import { selects } from '../topics.ts'
import { type Broker, type Cluster, send } from './client.ts'
import { errorName, UNKNOWN_TOPIC_OR_PARTITION } from './error-codes.ts'
import { WireReader, WireWriter } from './wire.ts'

/** Kafka ≥ 1.0. */
const API = { apiKey: 3, apiVersion: 5, apiName: 'Metadata' }

/** What a broker knows of the others, and of topics. */
export interface Metadata {
  readonly brokers: readonly BrokerAddress[]
  /** Node id; -1 where there is none at present. */
  readonly controller: number
  readonly topics: readonly TopicMetadata[]
}

export interface BrokerAddress {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string
}

export interface TopicMetadata {
  readonly name: string
  /** An error code of the protocol, 0 for none. */
  readonly error: number
  /** The brokers' own. */
  readonly internal: boolean
  readonly partitions: readonly PartitionMetadata[]
}

interface PartitionMetadata {
  readonly partition: number
  /** Node id; -1 where none leads it at present. */
  readonly leader: number
}

/**
 * What a broker knows of these topics; of all where none are named. None is made that is not there.
 */
export function askMetadata(
  broker: Broker,
  topics: readonly string[] | undefined,
): Promise<Metadata> {
  return send(broker, { ...API, body: encode(topics), decode })
}

/**
 * The wanted topics that are there, with their numbers of partitions. Asked for by ourselves because kafkajs gives nothing at all where
 * one of several topics is gone.
 */
export async function findTopics(cluster: Cluster, wanted: Selection): Promise<Topics> {
  const names = wanted instanceof RegExp ? undefined : wanted
  const { topics } = await askMetadata(await anyBroker(cluster), names)
  const found = topics.filter(
    ({ name, error, internal }) =>
      selects(wanted, name) && error !== UNKNOWN_TOPIC_OR_PARTITION && !internal,
  )
  const wrong = found.find(({ error }) => error !== 0)
  if (wrong) throw new MetadataError(wrong)
  return new Map(found.map(({ name, partitions }) => [name, partitions.length]))
}

/** Whether every broker that answers knows of a topic, and who leads its partitions. */
export async function isKnownEverywhere(cluster: Cluster, topic: string): Promise<boolean> {
  const nodes = cluster.getNodeIds().map(async (nodeId) => {
    const broker = await cluster.findBroker({ nodeId: `${nodeId}` })
    const { topics } = await askMetadata(broker, [topic])
    return topics.every(
      ({ error, partitions }) => error === 0 && partitions.every(({ leader }) => leader >= 0),
    )
  })
  const answers = await Promise.allSettled(nodes)
  return answers.every((answer) => answer.status === 'rejected' || answer.value)
}

/** What is wrong with a topic. */
export class MetadataError extends Error {
  readonly type: string
  constructor({ name, error }: Pick<TopicMetadata, 'name' | 'error'>) {
    super(`${name}: ${errorName(error)}`)
    this.type = errorName(error)
  }
}

/** A broker that answers. */
export async function anyBroker(cluster: Cluster): Promise<Broker> {
  if (cluster.getNodeIds().length === 0) {
    await cluster.connect()
    await cluster.refreshMetadata()
  }
  const nodes = cluster.getNodeIds().map((nodeId) => cluster.findBroker({ nodeId: `${nodeId}` }))
  return Promise.any(nodes).catch((error: AggregateError) => {
    throw error.errors[0] ?? new Error('it knows of no broker')
  })
}

function encode(topics: readonly string[] | undefined): Buffer {
  const writer = new WireWriter()
  if (topics) writer.array(topics, (name) => writer.string(name))
  else writer.int32(-1)
  return writer.int8(0).written // make none that is not there
}

function decode(response: Buffer): Metadata {
  const reader = new WireReader(response)
  reader.int32() // throttle time
  const brokers = reader.array(() => ({
    nodeId: reader.int32(),
    host: reader.string(),
    port: reader.int32(),
    rack: reader.string(),
  }))
  reader.string() // cluster
  const controller = reader.int32()
  return { brokers, controller, topics: reader.array(() => decodeTopic(reader)) }
}

function decodeTopic(reader: WireReader): TopicMetadata {
  const error = reader.int16()
  const name = reader.string()
  const internal = reader.int8() !== 0
  const partitions = reader.array(() => {
    reader.int16() // error: that none leads it, mostly
    const partition = reader.int32()
    const leader = reader.int32()
    for (let list = 0; list < 3; list++) reader.array(() => reader.int32()) // replicas, in sync, offline
    return { partition, leader }
  })
  return { name, error, internal, partitions }
}
