import type { NewRecord } from '../ports.ts'
import { crc32c } from './crc32c.ts'
import { int64At, varintSize, WireWriter } from './wire.ts'

/**
 * Where the fields of a record batch stand, in bytes from its beginning (message format 2, Kafka ≥
 * 0.11).
 */
const HEADER = {
  baseOffset: 0,
  /** Of the bytes after this field. */
  length: 8,
  /** Where the length counts from: the partition leader's epoch. */
  leaderEpoch: 12,
  format: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  count: 57,
  records: 61,
} as const

const FORMAT = 2

/** Where the records begin, in bytes from the beginning of their batch. */
export const RECORDS_AT = HEADER.records

/** Bits of a batch's attributes. */
export const ATTRIBUTE = {
  codec: 0x07,
  /** The broker's time stands for the records' own. */
  appendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
} as const

/** What is wrong with bytes that cannot be a batch. */
export const DAMAGED = 'its batch is damaged'

/** The most bytes that a record can take in a batch besides its key, value and headers. */
const RECORD_FRAME = 40

const NO_PRODUCER = -1

/**
 * One uncompressed record batch of at least one record, as a produce request carries it.
 *
 * @param now ms since the epoch: the timestamp of records that have none.
 */
export function encodeRecordBatch(records: readonly NewRecord[], now: number): Buffer {
  const baseTimestamp = records[0]!.timestamp ?? now
  const maxTimestamp = records.reduce(
    (latest, { timestamp = now }) => Math.max(latest, timestamp),
    baseTimestamp,
  )
  const writer = new WireWriter(
    HEADER.records + records.reduce((sum, record) => sum + recordSize(record), 0),
  )
  writer.int64(0) // base offset: the broker's to give
  writer.int32(0) // length, below
  writer.int32(-1) // leader epoch
  writer.int8(FORMAT)
  writer.int32(0) // checksum, below
  writer.int16(0) // attributes
  writer.int32(records.length - 1)
  writer.int64(baseTimestamp)
  writer.int64(maxTimestamp)
  writer.int64(NO_PRODUCER)
  writer.int16(-1) // producer epoch
  writer.int32(-1) // first sequence number
  writer.int32(records.length)
  for (const [index, record] of records.entries())
    writeRecord(writer, record, index, (record.timestamp ?? now) - baseTimestamp)
  writer.setInt32(writer.length - HEADER.leaderEpoch, HEADER.length)
  writer.setInt32(crc32c(writer.written.subarray(HEADER.attributes)), HEADER.crc)
  return writer.written
}

/** An upper bound in bytes of what a record takes in a batch. */
export function recordSize({ key, value, headers }: NewRecord): number {
  let size = RECORD_FRAME + byteLength(key) + byteLength(value)
  for (const name in headers) size += 10 + byteLength(name) + byteLength(headers[name]!)
  return size
}

function byteLength(data: Uint8Array | string | null): number {
  return data === null ? 0 : Buffer.byteLength(data)
}

function writeRecord(
  writer: WireWriter,
  record: NewRecord,
  offsetDelta: number,
  timestampDelta: number,
): void {
  const key = bytesOf(record.key)
  const value = bytesOf(record.value)
  const headers = Object.entries(record.headers ?? {}).map(
    ([name, text]) => [Buffer.from(name), Buffer.from(text)] as const,
  )
  let size =
    1 +
    varintSize(timestampDelta) +
    varintSize(offsetDelta) +
    varBytesSize(key) +
    varBytesSize(value) +
    varintSize(headers.length)
  for (const [name, text] of headers) size += varBytesSize(name) + varBytesSize(text)
  writer.varint(size).int8(0).varint(timestampDelta).varint(offsetDelta)
  writer.varBytes(key).varBytes(value).varint(headers.length)
  for (const [name, text] of headers) writer.varBytes(name).varBytes(text)
}

function bytesOf(data: Uint8Array | string | null): Uint8Array | null {
  return typeof data === 'string' ? Buffer.from(data) : data
}

function varBytesSize(bytes: Uint8Array | null): number {
  return bytes === null ? varintSize(-1) : varintSize(bytes.length) + bytes.length
}

/** What a record batch says of its records before one of them is read. */
export interface BatchHeader {
  readonly baseOffset: number
  /** The offset after the batch's last, whether that record is still there or not. */
  readonly nextOffset: number
  readonly attributes: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly checksum: number
  /** How many records it holds: none where compaction has removed them all. */
  readonly count: number
  /** Where the next batch begins in the fetched bytes. */
  readonly end: number
}

/**
 * The header of the record batch that begins at `offset`, or undefined where the batch is cut off
 * by the end of the fetched bytes. Throws for the message formats of before Kafka 0.11, and for a
 * length that cannot be one.
 */
export function readBatchHeader(bytes: Buffer, offset: number): BatchHeader | undefined {
  if (offset + HEADER.leaderEpoch > bytes.length) return undefined
  const length = bytes.readInt32BE(offset + HEADER.length)
  const end = offset + HEADER.leaderEpoch + length
  if (end > bytes.length) return undefined
  const format = bytes.readInt8(offset + HEADER.format)
  if (format === 0 || format === 1)
    throw new Error(`message format ${format} of before Kafka 0.11, which cannot be read`)
  if (format !== FORMAT || end < offset + HEADER.records) throw new Error(DAMAGED)
  const baseOffset = int64At(bytes, offset + HEADER.baseOffset)
  return {
    baseOffset,
    nextOffset: baseOffset + bytes.readInt32BE(offset + HEADER.lastOffsetDelta) + 1,
    attributes: bytes.readInt16BE(offset + HEADER.attributes),
    baseTimestamp: int64At(bytes, offset + HEADER.baseTimestamp),
    maxTimestamp: int64At(bytes, offset + HEADER.maxTimestamp),
    producerId: int64At(bytes, offset + HEADER.producerId),
    checksum: bytes.readInt32BE(offset + HEADER.crc),
    count: bytes.readInt32BE(offset + HEADER.count),
    end,
  }
}

/** Whether a batch that begins at `offset` is as its producer has made it. */
export function isIntact(bytes: Buffer, offset: number, { checksum, end }: BatchHeader): boolean {
  return crc32c(bytes.subarray(offset + HEADER.attributes, end)) === checksum
}
