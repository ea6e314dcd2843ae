import { createHash } from 'node:crypto'
import type { StagedObject } from '../commit/record.ts'
import { type Framing, framingOf, Unreadable } from './framing.ts'
import { unpacked } from './unpack.ts'

/** What an object's bytes say of themselves. */
export interface Content {
  readonly bytes: number
  readonly sha256: string
  /** Undefined where rows cannot be told apart, as in raw bytes; a text where the bytes are not what they were said to be. */
  readonly rows: number | string | undefined
}

/** What has to be known of an object to tell its rows apart. */
export type ObjectForm = Pick<StagedObject, 'contentType' | 'compression'>

/**
 * Read an object once: its length and its hash as it is stored, its rows when it is unpacked.
 *
 * Holds one piece of what is read, and one row.
 */
export async function readContent(
  chunks: AsyncIterable<Buffer>,
  object: ObjectForm & Pick<StagedObject, 'rows'>,
): Promise<Content> {
  const hash = createHash('sha256')
  let bytes = 0
  async function* tapped(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  const rows = await countRows(tapped(), object)
  return { bytes, sha256: hash.digest('hex'), rows }
}

async function countRows(
  chunks: AsyncIterable<Buffer>,
  object: ObjectForm & Pick<StagedObject, 'rows'>,
): Promise<Content['rows']> {
  const reader = new RowReader(object.contentType)
  let found = 0
  let problem: string | undefined
  const count = (read: () => readonly Buffer[]): void => {
    if (problem !== undefined) return
    try {
      found += read().length
    } catch (error) {
      problem = unreadable(error)
    }
  }
  try {
    // read to the end whatever is wrong: all of it counts for the hash
    for await (const chunk of unpacked(chunks, object)) count(() => reader.push(chunk))
  } catch (error) {
    return unreadable(error)
  }
  count(() => reader.end())
  if (problem !== undefined) return problem
  return reader.hasRows && (reader.isSure || found <= object.rows) ? found : undefined
}

function unreadable(error: unknown): string {
  if (error instanceof Unreadable) return error.message
  throw error
}

/** Takes the bytes of an object, unpacked, apart into its rows, byte for byte as its format wrote them. Holds one row at the most. */
export class RowReader {
  readonly #framing: Framing | undefined
  #rest: Buffer = Buffer.alloc(0)
  /** What the latest rows are parts of, and where in the object that begins. */
  #bytes: Buffer = Buffer.alloc(0)
  #start = 0

  constructor(contentType: string) {
    this.#framing = framingOf(contentType)
  }

  /** Whether rows can be told apart at all. */
  get hasRows(): boolean {
    return this.#framing !== undefined
  }

  /** Whether the rows that it finds are those that were written: a separator may stand in a row too. */
  get isSure(): boolean {
    return this.#framing?.isSure ?? false
  }

  /** What stood before the first row, once that is found: the line of the columns' names. */
  get header(): Buffer | undefined {
    return this.#framing?.header
  }

  /**
   * The rows that end in these bytes.
   *
   * @throws Unreadable when the bytes are not what the content type says
   */
  push(chunk: Buffer): readonly Buffer[] {
    const framing = this.#framing
    if (!framing) return []
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    this.#start += this.#bytes.length - this.#rest.length
    this.#bytes = bytes
    const rows: Buffer[] = []
    let from = 0
    for (const end of framing.ends(bytes, this.#rest.length)) {
      const row = framing.row(bytes.subarray(from, end))
      if (row) rows.push(row)
      from = end
    }
    this.#rest = bytes.subarray(from)
    return rows
  }

  /** Where in the object one of the rows begins that were read last, in bytes. */
  startOf(row: Buffer): number {
    return this.#start + row.byteOffset - this.#bytes.byteOffset
  }

  /**
   * The row that needs no end, if there is one.
   *
   * @throws Unreadable when the bytes end too soon
   */
  end(): readonly Buffer[] {
    const last = this.#framing?.rest(this.#rest)
    return last ? [last] : []
  }
}
