import { createHash } from 'node:crypto'
import { pipeline as connect, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createGunzip, zstdDecompress } from 'node:zlib'
import type { CompressionName, StagedObject } from '../commit/record.ts'
import { StoreError } from '../ports.ts'
import { type Framing, framingOf, Unreadable } from './framing.ts'
import { zstdFrames } from './zstd-frames.ts'

/** What an object's bytes say of themselves. */
export interface Content {
  readonly bytes: number
  readonly sha256: string
  /** Undefined where rows cannot be told apart, as in raw bytes; a text where the bytes are not what they were said to be. */
  readonly rows: number | string | undefined
}

/**
 * Read an object once: its length and its hash as it is stored, its rows when it is unpacked.
 *
 * Holds one piece of what is read, and one row.
 */
export async function readContent(
  chunks: AsyncIterable<Buffer>,
  object: Pick<StagedObject, 'contentType' | 'compression' | 'rows'>,
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
  { contentType, compression, rows }: Pick<StagedObject, 'contentType' | 'compression' | 'rows'>,
): Promise<Content['rows']> {
  const reader = new RowReader(contentType)
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
    for await (const chunk of compression ? unpack(chunks, compression) : chunks)
      count(() => reader.push(chunk))
  } catch (error) {
    return unreadable(error)
  }
  count(() => reader.end())
  if (problem !== undefined) return problem
  return reader.hasRows && (reader.isSure || found <= rows) ? found : undefined
}

function unreadable(error: unknown): string {
  if (error instanceof Unreadable) return error.message
  throw error
}

/** Takes the bytes of an object, unpacked, apart into its rows, byte for byte as its format wrote them. Holds one row at the most. */
export class RowReader {
  readonly #framing: Framing | undefined
  #rest: Buffer = Buffer.alloc(0)

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

  /**
   * The rows that end in these bytes.
   *
   * @throws Unreadable when the bytes are not what the content type says
   */
  push(chunk: Buffer): readonly Buffer[] {
    const framing = this.#framing
    if (!framing) return []
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
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

/**
 * The bytes before they were compressed, a piece at a time, whatever the number of members or frames.
 *
 * @throws Unreadable when they were not
 */
export async function* unpack(
  chunks: AsyncIterable<Buffer>,
  compression: CompressionName,
): AsyncGenerator<Buffer> {
  try {
    yield* unpacked[compression](chunks)
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw new Unreadable(`its bytes are not ${compression}`, { cause: error })
  }
}

const unpacked: Readonly<
  Record<CompressionName, (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>>
> = {
  // an error of the one before it comes out of what is unpacked
  gzip: (chunks) => connect(Readable.from(chunks), createGunzip(), () => undefined),
  async *zstd(chunks) {
    for await (const frame of zstdFrames(chunks)) yield await unpackFrame(frame)
  },
}

const unpackFrame = promisify(zstdDecompress)
