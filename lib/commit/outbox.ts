import { SluiceError } from '../errors.ts'
import { partitionOf } from '../murmur2.ts'
import type { NewRecord, ObjectStore } from '../ports.ts'
import { headersOf, type Producing } from './mark.ts'
import { type Segment, sha256 } from './record.ts'

/** A run of messages in a bundle. */
export interface OutboxSegment extends Segment {
  readonly count: number
}

/** Messages for a topic that an epoch came to: durable, and produced after its commit. */
export interface Outbox {
  readonly sink: string
  readonly topic: string
  /** Index of the commit that they are of, and the wall clock at its barrier: the same in every repeat. */
  readonly commit: number
  readonly tick: number
  /** How many partitions the topic had: a repeat goes where the message went, whatever has been added since. */
  readonly partitions: number
  readonly count: number
  /** In order. */
  readonly segments: readonly OutboxSegment[]
}

/** What a user says of one message: where it goes and under which number is the lane's to say. */
export interface OutboxMessage {
  readonly key: Uint8Array | null
  /** null for a tombstone. */
  readonly value: Uint8Array | null
  readonly headers: Readonly<Record<string, string>> | undefined
}

/** What a message takes in a bundle besides its bytes: three lengths, -1 where there is nothing. */
const HEAD = 12

/** One message as bytes: the lengths of key, value and headers (i32 in little endian), and these; the headers as JSON text. */
export function encodeMessage({ key, value, headers }: OutboxMessage): Buffer {
  const fields = [key, value, headers === undefined ? null : Buffer.from(JSON.stringify(headers))]
  const size = fields.reduce((sum, field) => sum + (field?.length ?? 0), HEAD)
  const bytes = Buffer.allocUnsafe(size)
  let at = HEAD
  for (const [index, field] of fields.entries()) {
    bytes.writeInt32LE(field?.length ?? -1, index * 4)
    if (field) bytes.set(field, at)
    at += field?.length ?? 0
  }
  return bytes
}

/** The messages of a segment, in order. */
export function decodeMessages(bytes: Buffer): OutboxMessage[] {
  const messages: OutboxMessage[] = []
  for (let at = 0; at < bytes.length;) {
    const head = at
    at += HEAD
    const [key = null, value = null, headers] = [0, 4, 8].map((offset) => {
      const length = bytes.readInt32LE(head + offset)
      if (length < 0) return undefined
      const field = bytes.subarray(at, at + length)
      at += length
      return field
    })
    messages.push({
      key,
      value,
      headers: headers && (JSON.parse(headers.toString()) as Record<string, string>),
    })
  }
  return messages
}

/**
 * A segment's messages as they are produced, however often: the same bytes to the same partitions.
 *
 * @param first ordinal of its first message
 */
export function recordsOf(
  { topic, commit, tick, partitions }: Outbox,
  bytes: Buffer,
  first: number,
  producing: Producing,
): NewRecord[] {
  return decodeMessages(bytes).map(({ key, value, headers }, index) => {
    const ordinal = first + index
    return {
      key,
      value,
      headers: { ...headers, ...headersOf(topic, { ...producing, commit, ordinal }) },
      timestamp: tick,
      partition: key ? partitionOf(key, partitions) : (commit + ordinal) % partitions,
    }
  })
}

/** Where the bytes of a segment come from: memory, or its bundle after a restart. */
export type SegmentBytes = (segment: OutboxSegment, outbox: Outbox) => Promise<Buffer>

/** Read a segment out of its bundle, and prove that it is what was committed. */
export function segmentsFrom(store: ObjectStore): SegmentBytes {
  return async ({ bundle, from, to, sha256: hash }, { topic, commit }) => {
    const bytes = await store.get(bundle, { from, to })
    if (bytes && sha256(bytes) === hash) return bytes
    throw new SluiceError(
      'corrupt',
      `messages for topic ${topic} are committed (commit ${commit}) but their bytes in ${bundle} of ${store.place} are ${bytes ? 'altered' : 'gone'}; ` +
        `restore that object, then start again`,
    )
  }
}
