import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'
import { crc32c } from '../../../lib/kafka/crc32c.ts'
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
  codec?: keyof typeof codecs
  /** What stands in place of the compressed records. */
  body?: Buffer
  control?: boolean
}

/** Number and compression, with snappy also as Kafka's own client frames it. */
export const codecs = {
  gzip: [1, gzipSync],
  snappy: [2, compressSync],
  xerial: [2, xerial],
  lz4: [3, compressFrameSync],
  zstd: [4, zstdCompressSync],
  unknown: [7, (bytes: Buffer) => bytes],
} as const satisfies Record<string, readonly [number, (bytes: Buffer) => Buffer]>

/** In many blocks. */
function xerial(bytes: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from('\x82SNAPPY\0\0\0\0\x01\0\0\0\x01', 'latin1')]
  const size = Math.max(100, bytes.length / 16)
  for (let at = 0; at < bytes.length; at += size) {
    const block = compressSync(bytes.subarray(at, at + size))
    parts.push(new WireWriter().int32(block.length).written, block)
  }
  return Buffer.concat(parts)
}

/** A record batch as a fetch brings it. */
export function kept(records: readonly NewRecord[], how: Kept): Buffer {
  const { offset, next, producerId, appendTime, codec, body, control } = how
  let batch: Buffer = Buffer.from(encodeRecordBatch(records.length > 0 ? records : [event('')], 0))
  if (records.length === 0) {
    batch = batch.subarray(0, RECORDS_AT)
    batch.writeInt32BE(0, 57)
  }
  let attributes = 0
  if (codec) {
    const [number, compress] = codecs[codec]
    attributes = number
    const compressed = body ?? compress(batch.subarray(RECORDS_AT))
    batch = Buffer.concat([batch.subarray(0, RECORDS_AT), compressed])
  }
  if (appendTime !== undefined) attributes |= 0x08
  if (producerId !== undefined) attributes |= 0x10
  if (control) attributes |= 0x20
  batch.writeBigInt64BE(BigInt(offset), 0)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt16BE(attributes, 21)
  batch.writeInt32BE((next ?? offset + records.length) - offset - 1, 23)
  if (appendTime !== undefined) batch.writeBigInt64BE(BigInt(appendTime), 35)
  batch.writeBigInt64BE(BigInt(producerId ?? -1), 43)
  return sealed(batch)
}

/** With the checksum of what it holds by now. */
export function sealed(batch: Buffer): Buffer {
  batch.writeInt32BE(crc32c(batch.subarray(21)), 17)
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
