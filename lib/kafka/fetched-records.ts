import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Headers, SourceRecord } from '../message.ts'
import { ATTRIBUTE, type BatchHeader, readBatchHeader, RECORDS_AT } from './record-batch.ts'
import { WireReader } from './wire.ts'

/** What a record takes in memory besides its bytes: the object and its slices of them. */
const RECORD_OVERHEAD = 330

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

const decompress: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  gzip: promisify<Buffer, Buffer>(gunzip),
}

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** The record batches of one partition as a fetch has brought them. */
export interface FetchedBatches {
  readonly topic: string
  readonly partition: number
  /** The offset that was asked for: earlier records of its batch come with it and are left out. */
  readonly from: number
  readonly bytes: Buffer
  /** In the order of their first offsets. */
  readonly aborted: readonly AbortedTransaction[]
}

export interface FetchedRecords {
  /** Slices of the fetched bytes: who keeps a part of one copies it. */
  readonly records: readonly SourceRecord[]
  /** The offset after the last batch, whether its records were there, markers or aborted. */
  readonly next: number
  /** Memory, in bytes. */
  readonly size: number
}

/**
 * The records that a reader of committed records may see. A batch that is cut off at the end is
 * left for the next fetch. Throws what cannot be read: an old message format, a codec that is not
 * known.
 */
export async function decodeRecords(fetched: FetchedBatches): Promise<FetchedRecords> {
  const { bytes, from } = fetched
  const isHidden = hiddenFilter(fetched.aborted)
  const records: SourceRecord[] = []
  let next = from
  let size = 0
  let at = 0
  for (let header; (header = readBatchHeader(bytes, at)); at = header.end) {
    next = Math.max(next, header.nextOffset)
    if (isHidden(header) || header.nextOffset <= from) continue
    const body = bytes.subarray(at + RECORDS_AT, header.end)
    const plain = await uncompressed(header, body)
    readRecords(fetched, header, plain, records)
    size += plain.length
  }
  if (records.length === 0) size = 0
  return { records, next, size: size + records.length * RECORD_OVERHEAD }
}

/**
 * Tells, batch by batch in their order, which ones no reader of committed records may see:
 * markers, and what they aborted.
 */
function hiddenFilter(aborted: readonly AbortedTransaction[]): (header: BatchHeader) => boolean {
  const open = new Set<number>()
  let begun = 0
  return ({ attributes, nextOffset, producerId }) => {
    for (; begun < aborted.length && aborted[begun]!.firstOffset < nextOffset; begun++)
      open.add(aborted[begun]!.producerId)
    if (attributes & ATTRIBUTE.control) {
      open.delete(producerId) // what a producer has aborted ends at its next marker
      return true
    }
    return (attributes & ATTRIBUTE.transactional) !== 0 && open.has(producerId)
  }
}

async function uncompressed(
  { attributes, baseOffset }: BatchHeader,
  body: Buffer,
): Promise<Buffer> {
  const codec = codecs[attributes & ATTRIBUTE.codec] ?? `codec ${attributes & ATTRIBUTE.codec}`
  if (codec === 'none') return body
  const inflate = decompress[codec]
  if (!inflate)
    throw new Error(
      `the records from offset ${baseOffset} are compressed with ${codec}, which cannot be read; let producers use gzip or none`,
    )
  return inflate(body)
}

function readRecords(
  { topic, partition, from }: FetchedBatches,
  header: BatchHeader,
  body: Buffer,
  into: SourceRecord[],
): void {
  const reader = new WireReader(body)
  const appended = (header.attributes & ATTRIBUTE.appendTime) !== 0
  for (let i = 0; i < header.count; i++) {
    const length = reader.varint()
    const end = reader.offset + length
    reader.offset++ // attributes: none are defined
    const delta = reader.varint()
    const offset = header.baseOffset + reader.varint()
    if (offset >= from) {
      const timestamp = appended ? header.maxTimestamp : header.baseTimestamp + delta
      const key = reader.varBytes()
      const bytes = reader.varBytes()
      into.push({ topic, partition, offset, timestamp, key, headers: readHeaders(reader), bytes })
    }
    reader.offset = end
  }
}

function readHeaders(reader: WireReader): Headers | undefined {
  const count = reader.varint()
  if (count === 0) return undefined
  // Without a prototype, so that any name can be a header's.
  const headers = Object.create(null) as Record<string, Buffer | readonly Buffer[]>
  for (let i = 0; i < count; i++) {
    const name = reader.varBytes()?.toString() ?? ''
    const value = reader.varBytes() ?? Buffer.alloc(0)
    const before = headers[name]
    headers[name] =
      before === undefined ? value : [...(Buffer.isBuffer(before) ? [before] : before), value]
  }
  return headers
}
