import { crc32 } from 'node:zlib'
import type { Headers, SourceRecord } from '../message.ts'
import type { NewRecord } from '../ports.ts'

/**
 * A frame is what is written to a partition at a time, in little endian: its length and CRC-32, both without these 8 bytes (u32 each); the offset of its first
 * record (f64) and the number of records (u32); the records. A record is its timestamp (f64), the lengths of key, value and headers
 * (i32 each, -1 for none), and these. Headers are names and values in turn, each with its length (u32).
 */
const PREFIX = 8
const FRAME_HEADER = PREFIX + 12
const RECORD_HEADER = 20

/** Memory of a decoded record besides its bytes: the record, its buffers. Measured on Node 24. */
const RECORD_OBJECTS = 300

/** Where a frame stands in a buffer, and what its header says. */
export interface Frame {
  readonly position: number
  readonly end: number
  /** The offset of its first record. */
  readonly base: number
  readonly count: number
}

/** How long the frame that begins at `position` claims to be, in bytes; 0 when the buffer ends before it says so or no frame begins there. */
export function claimedLength(buffer: Buffer, position: number, end: number): number {
  if (position + PREFIX > end) return 0
  const length = PREFIX + buffer.readUInt32LE(position)
  return length < FRAME_HEADER ? 0 : length
}

/** The frame at `position`, when all of it is there, unaltered, and it begins with the record of offset `base`. */
export function frameAt(
  buffer: Buffer,
  position: number,
  end: number,
  base: number,
): Frame | undefined {
  const length = claimedLength(buffer, position, end)
  if (length === 0 || position + length > end) return undefined
  if (buffer.readDoubleLE(position + PREFIX) !== base) return undefined
  const crc = crc32(buffer.subarray(position + PREFIX, position + length))
  if (crc !== buffer.readUInt32LE(position + 4)) return undefined
  return {
    position,
    end: position + length,
    base,
    count: buffer.readUInt32LE(position + PREFIX + 8),
  }
}

/** Memory that the records of a buffer take, in bytes; the buffer is kept by them as a whole. */
export const decodedBytes = (buffer: Buffer, records: number): number =>
  buffer.length + records * RECORD_OBJECTS

/** Add the records of a frame from offset `from` on to `records`. Their bytes are parts of the buffer. */
export function decodeFrame(
  buffer: Buffer,
  { position, base, count }: Frame,
  { topic, partition, from }: { topic: string; partition: number; from: number },
  records: SourceRecord[],
): void {
  let at = position + FRAME_HEADER
  for (let offset = base; offset < base + count; offset++) {
    const keyLength = buffer.readInt32LE(at + 8)
    const valueLength = buffer.readInt32LE(at + 12)
    const headersLength = buffer.readInt32LE(at + 16)
    const key = at + RECORD_HEADER
    const value = key + Math.max(0, keyLength)
    const headers = value + Math.max(0, valueLength)
    const end = headers + Math.max(0, headersLength)
    if (offset >= from)
      records.push({
        topic,
        partition,
        offset,
        timestamp: buffer.readDoubleLE(at),
        key: keyLength < 0 ? null : buffer.subarray(key, value),
        headers: headersLength < 0 ? undefined : decodeHeaders(buffer, headers, end),
        bytes: valueLength < 0 ? null : buffer.subarray(value, headers),
      })
    at = end
  }
}

function decodeHeaders(buffer: Buffer, from: number, end: number): Headers {
  const headers: [string, Buffer][] = []
  for (let at = from; at < end;) {
    const value = at + 4 + buffer.readUInt32LE(at)
    const next = value + 4 + buffer.readUInt32LE(value)
    headers.push([buffer.toString('utf8', at + 4, value), buffer.subarray(value + 4, next)])
    at = next
  }
  return Object.fromEntries(headers)
}

/** Collects records and makes a frame of them. */
export class FrameWriter {
  #buffer = Buffer.allocUnsafeSlow(128 * 1024)
  #end = FRAME_HEADER
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Size of the frame so far. */
  get bytes(): number {
    return this.#end
  }

  add(
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: NewRecord['headers'],
    timestamp: number,
  ): void {
    const fields = headers === undefined ? null : encodeHeaders(headers)
    this.#makeRoom(RECORD_HEADER + lengthOf(key) + lengthOf(value) + lengthOf(fields))
    const at = this.#end
    this.#buffer.writeDoubleLE(timestamp, at)
    this.#end += RECORD_HEADER
    this.#addBytes(key, at + 8)
    this.#addBytes(value, at + 12)
    this.#addBytes(fields, at + 16)
    this.#count++
  }

  /** The frame of the records so far, the first of which has offset `base`; then it begins anew. */
  take(base: number): Buffer {
    const frame = Buffer.from(this.#buffer.subarray(0, this.#end))
    frame.writeDoubleLE(base, PREFIX)
    frame.writeUInt32LE(this.#count, PREFIX + 8)
    frame.writeUInt32LE(frame.length - PREFIX, 0)
    frame.writeUInt32LE(crc32(frame.subarray(PREFIX)), 4)
    this.#end = FRAME_HEADER
    this.#count = 0
    return frame
  }

  #addBytes(bytes: Uint8Array | null, lengthAt: number): void {
    this.#buffer.writeInt32LE(bytes === null ? -1 : bytes.length, lengthAt)
    if (bytes === null) return
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
  }

  #makeRoom(bytes: number): void {
    const needed = this.#end + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#end)
    this.#buffer = larger
  }
}

const lengthOf = (bytes: Uint8Array | null): number => (bytes === null ? 0 : bytes.length)

function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = []
  for (const text of Object.entries(headers).flat()) {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    parts.push(length, bytes)
  }
  return Buffer.concat(parts)
}
