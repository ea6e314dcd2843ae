import { createHash } from 'node:crypto'
import { pipeline as connect, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGunzip, zstdDecompress } from 'node:zlib'
import { streamArray } from 'stream-json/streamers/stream-array.js'
import type { CompressionName, StagedObject } from '../commit/record.ts'
import { StoreError } from '../ports.ts'
import { zstdFrames } from './zstd-frames.ts'

/** A JSON array of up to so many bytes is parsed at once, which is four times as fast as in a stream. */
const AT_ONCE = 4 * 1024 * 1024

const LINE_FEED = 10

/** What an object's bytes say of themselves. */
export interface Content {
  readonly bytes: number
  readonly sha256: string
  /** Undefined where rows cannot be told apart, as in raw bytes; a text where the bytes are not what their type says. */
  readonly rows: number | string | undefined
}

/**
 * Read an object once: its length and its hash as it is stored, its rows when it is unpacked.
 *
 * Holds 4 MiB at the most, or one row that is larger.
 */
export async function readContent(
  chunks: AsyncIterable<Buffer>,
  {
    contentType,
    compression,
    rowBytes,
  }: Pick<StagedObject, 'contentType' | 'compression' | 'rowBytes'>,
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
  const rows = compression
    ? await countPackedRows(tapped(), contentType, compression, rowBytes)
    : await countRows(tapped(), contentType, rowBytes)
  return { bytes, sha256: hash.digest('hex'), rows }
}

/** Bytes that are not what they were said to be. */
class Unreadable extends Error {}

async function countPackedRows(
  chunks: AsyncIterable<Buffer>,
  contentType: string,
  compression: CompressionName,
  rowBytes: number,
): Promise<number | string | undefined> {
  try {
    return await countRows(unpack(chunks, compression), contentType, rowBytes)
  } catch (error) {
    if (error instanceof Unreadable) return error.message
    throw error
  }
}

/** What was compressed. @throws Unreadable when the bytes are not what they are said to be */
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

/** The bytes before they were compressed, a piece at a time, whatever the number of members or frames. */
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

async function countRows(
  chunks: AsyncIterable<Buffer>,
  contentType: string,
  rowBytes: number,
): Promise<number | string | undefined> {
  if (contentType === 'application/json')
    return rowBytes <= AT_ONCE ? elementsAtOnce(chunks) : elementsInStream(chunks)
  let lines = 0
  for await (const chunk of chunks)
    if (contentType === 'application/x-ndjson') lines += linesIn(chunk)
  return contentType === 'application/x-ndjson' ? lines : undefined
}

function linesIn(chunk: Buffer): number {
  let lines = 0
  for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) lines++
  return lines
}

const NO_ARRAY = 'its bytes are not one JSON array'

async function elementsAtOnce(chunks: AsyncIterable<Buffer>): Promise<number | string> {
  const pieces: Buffer[] = []
  for await (const chunk of chunks) pieces.push(chunk)
  try {
    const value: unknown = JSON.parse(Buffer.concat(pieces).toString())
    return Array.isArray(value) ? value.length : NO_ARRAY
  } catch {
    return NO_ARRAY
  }
}

async function elementsInStream(chunks: AsyncIterable<Buffer>): Promise<number | string> {
  let rows = 0
  try {
    await pipeline(
      Readable.from(chunks),
      streamArray.withParserAsStream(),
      async (elements: AsyncIterable<unknown>) => {
        for await (const _ of elements) rows++
      },
    )
    return rows
  } catch (error) {
    if (error instanceof StoreError || error instanceof Unreadable) throw error
    return NO_ARRAY
  }
}
