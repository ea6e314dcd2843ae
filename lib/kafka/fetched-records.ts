import { messageOf } from '../errors.ts'
import type { SourceRecord } from '../message.ts'
import { CODECS, decompress } from './compression.ts'
import { FetchedRecord } from './fetched-record.ts'
import {
  ATTRIBUTE,
  type BatchHeader,
  DAMAGED,
  isIntact,
  readBatchHeader,
  RECORDS_AT,
} from './record-batch.ts'
import { WireReader } from './wire.ts'

/** What a record takes in memory besides its bytes, before anybody asks for a slice of them. */
const RECORD_OVERHEAD = 130

/** The most bytes and records of a compressed batch. An uncompressed one is as large as the fetch. */
const MOST_BYTES = 64 * 1024 * 1024
const MOST_RECORDS = 200_000

/** A fetch that has come to this much memory, in bytes, ends: the rest is asked for again. */
const ENOUGH = 8 * 1024 * 1024

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
 * left for the next fetch, and so is what comes after 8 MiB of records, or after the last batch
 * that can be read. Rejects where already the first one cannot be, with its offsets and what to do:
 * an old message format, a codec that is not known, damage, or a compressed batch of more than
 * 64 MiB or 200,000 records. None is decompressed further than that.
 */
export async function decodeRecords(fetched: FetchedBatches): Promise<FetchedRecords> {
  const { bytes, from } = fetched
  const isHidden = hiddenFilter(fetched.aborted)
  const records: SourceRecord[] = []
  let next = from
  let size = 0
  for (let at = 0; at < bytes.length && size < ENOUGH;) {
    const before = records.length
    let header: BatchHeader | undefined
    try {
      header = readBatchHeader(bytes, at)
      if (!header && at === 0) throw new Error(DAMAGED) // the first one comes whole, however large
      if (!header) break
      if (!isHidden(header) && header.nextOffset > from && header.count > 0) {
        const plain = await plainRecords(bytes, at, header)
        readRecords(fetched, header, plain, records)
        const added = records.length - before
        if (added > 0) size += plain.length + added * RECORD_OVERHEAD
      }
    } catch (error) {
      records.length = before
      if (next > from) break
      throw unreadable(fetched, header, error)
    }
    next = Math.max(next, header.nextOffset)
    at = header.end
  }
  return { records, next, size }
}

function unreadable(
  { topic, partition, from }: FetchedBatches,
  header: BatchHeader | undefined,
  error: unknown,
): Error {
  const offsets = header ? `${header.baseOffset}..${header.nextOffset - 1}` : `${from}`
  return new Error(
    `${topic}-${partition}@${offsets} cannot be read: ${messageOf(error)}. ` +
      'If a replica holds it in order, let that one lead the partition; ' +
      'else delete the records up to there (kafka-delete-records) and start another instance with --name, which goes on after them',
    { cause: error },
  )
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

/**
 * Checksums are looked at where records are compressed: there they cost little beside the rest, and
 * damage would spread over the whole batch.
 */
async function plainRecords(bytes: Buffer, at: number, header: BatchHeader): Promise<Buffer> {
  const body = bytes.subarray(at + RECORDS_AT, header.end)
  const number = header.attributes & ATTRIBUTE.codec
  if (number === 0) return body
  if (!isIntact(bytes, at, header)) throw new Error('its checksum is not that of its bytes')
  const codec = CODECS[number - 1]
  if (!codec) throw new Error(`its codec has the number ${number}, which is not known`)
  if (header.count > MOST_RECORDS)
    throw new Error(`it is one batch of ${header.count} records, more than ${MOST_RECORDS}`)
  return decompress(codec, body, MOST_BYTES).catch((error: unknown) => {
    throw new Error(`${codec}: ${messageOf(error)}`, { cause: error })
  })
}

function readRecords(
  { topic, partition, from }: FetchedBatches,
  header: BatchHeader,
  body: Buffer,
  into: SourceRecord[],
): void {
  const origin = { topic, partition, body }
  const reader = new WireReader(body)
  const appended = (header.attributes & ATTRIBUTE.appendTime) !== 0
  for (let i = 0; i < header.count; i++) {
    const length = reader.varint()
    const end = reader.offset + length
    if (length <= 0 || end > body.length) throw new Error(DAMAGED)
    reader.offset++ // attributes: none are defined
    const delta = reader.varint()
    const offset = header.baseOffset + reader.varint()
    if (offset >= from) {
      const timestamp = appended ? header.maxTimestamp : header.baseTimestamp + delta
      into.push(new FetchedRecord(origin, offset, timestamp, reader, end))
    }
    reader.offset = end
  }
}
