import { varint, VarintReader } from '../varint.ts'
import type { CarriedRun, Span } from './record.ts'

/** Rows of a run are hashed, and read, in blocks of this size: all but the last one are full. */
export const BLOCK = 64 * 1024

const HASH = 32
const VERSION = 1

/** Where in a run the rows of an open object lie. */
export interface RunEntry {
  /** Of the object, unique in its sink and lane. */
  readonly serial: number
  readonly rows: number
  /** Counted from the run's first byte. */
  readonly from: number
  readonly to: number
}

/** Writes down what a run holds. */
export class RunIndexWriter {
  readonly #entries: number[] = []
  readonly #hashes: Buffer[] = []
  #count = 0
  #serial = 0

  /** The next object: serials ascend. */
  add(serial: number, rows: number, bytes: number): void {
    varint(this.#entries, serial - this.#serial)
    varint(this.#entries, rows)
    varint(this.#entries, bytes)
    this.#serial = serial
    this.#count++
  }

  /** The sha256 of the next block. */
  hash(digest: Buffer): void {
    this.#hashes.push(digest)
  }

  bytes(): Buffer {
    const head = [VERSION]
    varint(head, this.#count)
    return Buffer.concat([Buffer.from(head), Buffer.from(this.#entries), ...this.#hashes])
  }
}

/** What a run holds: five bytes or so an object, and a hash for each block of its rows. */
export class RunIndex {
  /** Objects that have rows in the run. */
  readonly objects: number
  /** Bytes of its rows. */
  readonly size: number
  readonly #bytes: Buffer
  readonly #entriesAt: number
  readonly #hashesAt: number

  /** @throws RangeError when the bytes are none of an index */
  constructor(bytes: Buffer) {
    const reader = new VarintReader(bytes, 1)
    if (bytes[0] !== VERSION) throw new RangeError('the index of a run is of another version')
    this.#bytes = bytes
    this.objects = reader.next()
    this.#entriesAt = reader.at
    let size = 0
    for (let i = 0; i < this.objects; i++) {
      reader.next()
      reader.next()
      size += reader.next()
    }
    this.size = size
    this.#hashesAt = reader.at
    if (bytes.length !== reader.at + this.blocks * HASH)
      throw new RangeError('the index of a run has another number of blocks')
  }

  get blocks(): number {
    return Math.ceil(this.size / BLOCK)
  }

  /** Bytes of memory that it takes. */
  get held(): number {
    return this.#bytes.length
  }

  /** The sha256 of a block, in hexadecimal. */
  hashOf(block: number): string {
    const at = this.#hashesAt + block * HASH
    return this.#bytes.toString('hex', at, at + HASH)
  }

  /** Whether something is true of an object that has rows in the run. */
  some(isTrue: (serial: number) => boolean): boolean {
    for (const { serial } of this.entries()) if (isTrue(serial)) return true
    return false
  }

  /** By serial. */
  *entries(): Generator<RunEntry> {
    const reader = new VarintReader(this.#bytes, this.#entriesAt)
    let serial = 0
    let from = 0
    for (let i = 0; i < this.objects; i++) {
      serial += reader.next()
      const rows = reader.next()
      const to = from + reader.next()
      yield { serial, rows, from, to }
      from = to
    }
  }
}

/** Where bytes of a run lie, counted from its first one. */
export function spansOf({ spans }: CarriedRun, from: number, to: number): Span[] {
  const found: Span[] = []
  let start = 0
  for (const span of spans) {
    const end = start + span.to - span.from
    const base = span.from - start
    const [first, last] = [Math.max(from, start), Math.min(to, end)]
    if (first < last) found.push({ bundle: span.bundle, from: base + first, to: base + last })
    start = end
  }
  return found
}
