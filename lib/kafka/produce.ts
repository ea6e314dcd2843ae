import { type Broker, send } from './client.ts'
import { WireReader, WireWriter } from './wire.ts'

/** Kafka ≥ 0.11: the first version that takes record batches. */
const API = { apiKey: 0, apiVersion: 3, apiName: 'Produce' }

const ALL_REPLICAS = -1
const TIMEOUT = 30_000

export interface PartitionBatch {
  readonly partition: number
  /** One record batch. */
  readonly bytes: Buffer
}

export interface Written {
  readonly partition: number
  /** An error code of the protocol, 0 for none. */
  readonly error: number
}

/**
 * Writes one record batch to each of some partitions that this broker leads, and waits until all
 * replicas in sync have them.
 */
export function produceTo(
  broker: Broker,
  topic: string,
  batches: readonly PartitionBatch[],
): Promise<Written[]> {
  return send(broker, { ...API, body: encode(topic, batches), decode })
}

function encode(topic: string, batches: readonly PartitionBatch[]): Buffer {
  const writer = new WireWriter(
    64 + topic.length * 3 + batches.reduce((sum, { bytes }) => sum + 8 + bytes.length, 0),
  )
  writer.int16(-1) // no transaction
  writer.int16(ALL_REPLICAS)
  writer.int32(TIMEOUT)
  writer.array([topic], (name) => {
    writer.string(name)
    writer.array(batches, ({ partition, bytes }) => {
      writer.int32(partition)
      writer.int32(bytes.length)
      writer.raw(bytes)
    })
  })
  return writer.written
}

function decode(response: Buffer): Written[] {
  const reader = new WireReader(response)
  const topics = reader.array(() => {
    reader.string()
    return reader.array(() => {
      const partition = reader.int32()
      const error = reader.int16()
      reader.int64() // offset of the first record
      reader.int64() // the broker's time
      return { partition, error }
    })
  })
  return topics.flat()
}
