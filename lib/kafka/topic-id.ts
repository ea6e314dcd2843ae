import { type Broker, type Cluster, send } from './client.ts'
import { anyBroker } from './metadata.ts'
import { WireReader, WireWriter } from './wire.ts'

/** Kafka ≥ 2.8: the first version that tells the ids of topics, in the compact encoding of newer requests. */
const API = { apiKey: 3, apiVersion: 10, apiName: 'Metadata' }

const ID_BYTES = 16

/**
 * By topic, what tells it from others that had its name or will have it. Without topics that are not there, and empty from brokers that give them no ids.
 */
export async function findTopicIds(
  cluster: Cluster,
  topics: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const broker = await anyBroker(cluster)
  if (!givesIds(broker)) return new Map()
  const { ids } = await send(broker, { ...API, body: encode(topics), decode })
  return ids
}

/** What brokers can do is known once they are connected; the declared types of kafkajs leave it out. */
function givesIds(broker: Broker): boolean {
  const { versions } = broker as unknown as {
    versions?: Readonly<Record<number, { readonly maxVersion: number }>>
  }
  return (versions?.[API.apiKey]?.maxVersion ?? 0) >= API.apiVersion
}

/** Lengths are one more than they are, 0 for null; an empty list of tags ends each structure. */
function encode(topics: readonly string[]): Buffer {
  const writer = new WireWriter()
    .int8(0) // tags of the header
    .unsignedVarint(topics.length + 1)
  for (const topic of topics) {
    const name = Buffer.from(topic)
    writer
      .raw(Buffer.alloc(ID_BYTES))
      .unsignedVarint(name.length + 1)
      .raw(name)
      .int8(0)
  }
  return writer
    .int8(0) // make none that is not there
    .int8(0) // no rights of the cluster
    .int8(0) // no rights of the topics
    .int8(0).written
}

function decode(response: Buffer): { ids: ReadonlyMap<string, string> } {
  const reader = new WireReader(response)
  reader.int8() // tags of the header
  reader.int32() // throttle time
  each(reader, () => {
    reader.int32() // node
    text(reader) // host
    reader.int32() // port
    text(reader) // rack
    skipTags(reader)
  })
  text(reader) // cluster
  reader.int32() // controller
  const ids = new Map<string, string>()
  each(reader, () => {
    reader.int16() // error
    const name = text(reader)
    const id = response.toString('hex', reader.offset, (reader.offset += ID_BYTES))
    if (/[^0]/.test(id)) ids.set(name, id)
    reader.int8() // internal
    each(reader, () => skipPartition(reader))
    reader.int32() // rights
    skipTags(reader)
  })
  return { ids }
}

function skipPartition(reader: WireReader): void {
  reader.int16() // error
  reader.int32() // partition
  reader.int32() // leader
  reader.int32() // its epoch
  for (let list = 0; list < 3; list++) each(reader, () => reader.int32()) // replicas, in sync, offline
  skipTags(reader)
}

function each(reader: WireReader, element: () => void): void {
  for (let left = reader.unsignedVarint(); left > 1; left--) element()
}

/** Empty for null. */
function text(reader: WireReader): string {
  const length = Math.max(0, reader.unsignedVarint() - 1)
  reader.offset += length
  return reader.buffer.toString('utf8', reader.offset - length, reader.offset)
}

function skipTags(reader: WireReader): void {
  for (let tag = reader.unsignedVarint(); tag > 0; tag--) {
    reader.unsignedVarint()
    reader.offset += reader.unsignedVarint()
  }
}
