import { type Broker, send } from './client.ts'
import { errorName } from './error-codes.ts'
import type { AbortedTransaction } from './fetched-records.ts'
import { WireReader, WireWriter } from './wire.ts'

/** Kafka ≥ 2.1: the first version that brings batches of every codec. */
const API = { apiKey: 1, apiVersion: 10, apiName: 'Fetch' }

const READ_COMMITTED = 1

export interface FetchRequest {
  readonly partitions: readonly { readonly partition: number; readonly offset: number }[]
  /** Longest wait for the first record, in ms. */
  readonly maxWait: number
  readonly maxBytesPerPartition: number
  readonly maxBytes: number
}

export interface FetchedPartition {
  readonly partition: number
  /** An error code of the protocol, 0 for none. */
  readonly error: number
  /** The offset after the last record that a reader of committed records may see. */
  readonly end: number
  readonly aborted: readonly AbortedTransaction[]
  readonly bytes: Buffer
}

/**
 * One fetch of partitions that this broker leads: as soon as one of them has a record, at least
 * one batch of it whatever its size.
 */
export function fetchFrom(
  broker: Broker,
  topic: string,
  request: FetchRequest,
): Promise<FetchedPartition[]> {
  return send(broker, { ...API, body: encode(topic, request), decode })
}

function encode(topic: string, request: FetchRequest): Buffer {
  const writer = new WireWriter()
  writer.int32(-1) // replica: none
  writer.int32(request.maxWait)
  writer.int32(1) // bytes to wait for
  writer.int32(request.maxBytes)
  writer.int8(READ_COMMITTED)
  writer.int32(0) // session: none
  writer.int32(-1)
  writer.array([topic], (name) => {
    writer.string(name)
    writer.array(request.partitions, ({ partition, offset }) => {
      writer.int32(partition)
      writer.int32(-1) // leader epoch: not known
      writer.int64(offset)
      writer.int64(-1) // log start of a replica: none
      writer.int32(request.maxBytesPerPartition)
    })
  })
  writer.int32(0) // partitions to forget
  return writer.written
}

function decode(response: Buffer): FetchedPartition[] {
  const reader = new WireReader(response)
  reader.int32() // throttle time
  const error = reader.int16()
  if (error !== 0) throw new Error(errorName(error))
  reader.int32() // session
  const topics = reader.array(() => {
    reader.string()
    return reader.array(() => {
      const partition = reader.int32()
      const error = reader.int16()
      reader.int64() // high watermark
      const end = reader.int64()
      reader.int64() // log start
      const aborted = reader.array(() => ({
        producerId: reader.int64(),
        firstOffset: reader.int64(),
      }))
      return { partition, error, end, aborted, bytes: reader.bytes() }
    })
  })
  return topics.flat()
}
