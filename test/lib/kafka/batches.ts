import { gzipSync } from 'node:zlib'
import { encodeRecordBatch, RECORDS_AT } from '../../../lib/kafka/record-batch.ts'
import { WireWriter } from '../../../lib/kafka/wire.ts'
import type { NewRecord } from '../../../lib/ports.ts'

/** How a broker keeps a record batch, where that differs from what a producer sends. */
export interface Kept {
  offset: number
  /** The offset after the batch's last: later than its last record's where compaction has been. */
  next?: number
  /** Of a transaction. */
  producerId?: number
  /** The broker's own time of writing. */
  appendTime?: number
  codec?: 'gzip' | 'snappy' | 'unknown'
  control?: boolean
}

const codecBits = { gzip: 1, snappy: 2, unknown: 7 }

/** A record batch as a fetch brings it. */
export function kept(records: readonly NewRecord[], how: Kept): Buffer {
  const { offset, next, producerId, appendTime, codec, control } = how
  let batch = Buffer.from(encodeRecordBatch(records.length > 0 ? records : [event('')], 0))
  if (records.length === 0) {
    batch = batch.subarray(0, RECORDS_AT)
    batch.writeInt32BE(0, 57)
  }
  if (codec === 'gzip')
    batch = Buffer.concat([batch.subarray(0, RECORDS_AT), gzipSync(batch.subarray(RECORDS_AT))])
  let attributes = codec ? codecBits[codec] : 0
  if (appendTime !== undefined) attributes |= 0x08
  if (producerId !== undefined) attributes |= 0x10
  if (control) attributes |= 0x20
  batch.writeBigInt64BE(BigInt(offset), 0)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt16BE(attributes, 21)
  batch.writeInt32BE((next ?? offset + records.length) - offset - 1, 23)
  if (appendTime !== undefined) batch.writeBigInt64BE(BigInt(appendTime), 35)
  batch.writeBigInt64BE(BigInt(producerId ?? -1), 43)
  return batch
}

/** What ends a transaction in the log: one offset that no reader is given. */
export function marker(type: 'abort' | 'commit', offset: number, producerId: number): Buffer {
  const key = new WireWriter().int16(0).int16(type === 'abort' ? 0 : 1).written
  return kept([{ key, value: null }], { offset, producerId, control: true })
}

export function event(value: string): NewRecord {
  return { key: null, value }
}
