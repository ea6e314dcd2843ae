import type { Selection, Topics } from '../topics.ts'
import { selects } from '../topics.ts'
import { type Broker, type Cluster, send } from './client.ts'
import { errorName, UNKNOWN_TOPIC_OR_PARTITION } from './error-codes.ts'
import { WireReader, WireWriter } from './wire.ts'

/** Kafka ≥ 1.0. */
const API = { apiKey: 3, apiVersion: 5, apiName: 'Metadata' }

interface TopicMetadata {
  readonly name: string
  /** An error code of the protocol, 0 for none. */
  readonly error: number
  /** The brokers' own. */
  readonly internal: boolean
  readonly partitions: number
}

/**
 * The wanted topics that are there, with their numbers of partitions. Asked for by ourselves because kafkajs gives nothing at all where
 * one of several topics is gone.
 */
export async function findTopics(cluster: Cluster, wanted: Selection): Promise<Topics> {
  const body = encode(wanted instanceof RegExp ? undefined : wanted)
  const { topics } = await send(await anyBroker(cluster), { ...API, body, decode })
  const found = topics.filter(
    ({ name, error, internal }) =>
      selects(wanted, name) && error !== UNKNOWN_TOPIC_OR_PARTITION && !internal,
  )
  const wrong = found.find(({ error }) => error !== 0)
  if (wrong) throw new MetadataError(wrong)
  return new Map(found.map(({ name, partitions }) => [name, partitions]))
}

class MetadataError extends Error {
  readonly type: string
  constructor({ name, error }: TopicMetadata) {
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
    throw error.errors[0] ?? new Error('no broker is known')
  })
}

/** @param topics all of them where none are named */
function encode(topics: readonly string[] | undefined): Buffer {
  const writer = new WireWriter()
  if (topics) writer.array(topics, (name) => writer.string(name))
  else writer.int32(-1)
  return writer.int8(0).written // make none that is not there
}

function decode(response: Buffer): { topics: TopicMetadata[] } {
  const reader = new WireReader(response)
  reader.int32() // throttle time
  reader.array(() => {
    reader.int32() // node
    reader.string() // host
    reader.int32() // port
    reader.string() // rack
  })
  reader.string() // cluster
  reader.int32() // controller
  return { topics: reader.array(() => decodeTopic(reader)) }
}

function decodeTopic(reader: WireReader): TopicMetadata {
  const error = reader.int16()
  const name = reader.string()
  const internal = reader.int8() !== 0
  const { length: partitions } = reader.array(() => {
    reader.int16() // error
    reader.int32() // partition
    reader.int32() // leader
    for (let list = 0; list < 3; list++) reader.array(() => reader.int32()) // replicas, in sync, offline
  })
  return { name, error, internal, partitions }
}
