import type { Headers, SourceRecord } from '../message.ts'
import { DAMAGED } from './record-batch.ts'
import { WireReader } from './wire.ts'

/** What all records of a batch have in common. */
export interface Origin {
  readonly topic: string
  readonly partition: number
  /** Uncompressed. */
  readonly body: Buffer
}

/**
 * A record in the bytes of its batch. What lies in wait for its turn is this one object: keys and headers, which few ask for, and values are slices
 * that are made when they are asked for.
 */
export class FetchedRecord implements SourceRecord {
  readonly offset: number
  readonly timestamp: number
  readonly #origin: Origin
  readonly #keyAt: number
  /** Where the value begins, and the headers, of which most records have none. */
  readonly #bytesAt: number
  readonly #headersAt: number | undefined
  #bytes: Buffer | null | undefined

  /**
   * Take a record over from a reader that stands at its key; leaves the reader at its end.
   *
   * @throws Error for what cannot be a record that ends at `end`
   */
  constructor(origin: Origin, offset: number, timestamp: number, reader: WireReader, end: number) {
    this.#origin = origin
    this.offset = offset
    this.timestamp = timestamp
    this.#keyAt = reader.offset
    reader.skipBytes()
    this.#bytesAt = reader.offset
    reader.skipBytes()
    const headersAt = reader.offset
    this.#headersAt = skipHeaders(reader, end) > 0 ? headersAt : undefined
    if (reader.offset !== end) throw new Error(DAMAGED)
  }

  get topic(): string {
    return this.#origin.topic
  }

  get partition(): number {
    return this.#origin.partition
  }

  get key(): Buffer | null {
    return this.#readerAt(this.#keyAt).varBytes()
  }

  /** The same slice every time: that it is this one tells a value that nobody has changed. */
  get bytes(): Buffer | null {
    if (this.#bytes === undefined) this.#bytes = this.#readerAt(this.#bytesAt).varBytes()
    return this.#bytes
  }

  get headers(): Headers | undefined {
    if (this.#headersAt === undefined) return undefined
    const reader = this.#readerAt(this.#headersAt)
    const count = reader.varint()
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

  #readerAt(offset: number): WireReader {
    return new WireReader(this.#origin.body, offset)
  }
}

/** Says how many there are. */
function skipHeaders(reader: WireReader, end: number): number {
  const count = reader.varint()
  if (count > end - reader.offset) throw new Error(DAMAGED)
  for (let i = 0; i < count; i++) {
    reader.skipBytes()
    reader.skipBytes()
  }
  return count
}
