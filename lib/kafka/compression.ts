import { promisify } from 'node:util'
import { gunzip, gunzipSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { lz4FrameBound } from './lz4-frame.ts'
import { snappyBlocks, snappyLength } from './snappy-blocks.ts'

/** By their number in a batch's attributes, from 1. */
export const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const

export type Codec = (typeof CODECS)[number]

/**
 * Up to this many compressed bytes are decompressed at once: a turn through libuv's pool takes more
 * of the main thread than that does.
 */
const AT_ONCE = 32 * 1024

const SMALLEST_CHUNK = 16 * 1024
const LARGEST_CHUNK = 1024 * 1024

const gunzipInPool = promisify<Buffer, object, Buffer>(gunzip)
const zstdInPool = promisify<Buffer, object, Buffer>(zstdDecompress)

const decompressors: Readonly<Record<Codec, (bytes: Buffer, most: number) => Promise<Buffer>>> = {
  gzip: async (bytes, most) =>
    (isSmall(bytes) ? gunzipSync : gunzipInPool)(bytes, zlibOptions(bytes, most)),
  zstd: async (bytes, most) =>
    (isSmall(bytes) ? zstdDecompressSync : zstdInPool)(bytes, zlibOptions(bytes, most)),

  async lz4(bytes, most) {
    limit(lz4FrameBound(bytes), most)
    const lz4 = await import('lz4-napi') // loaded by those who need it
    return isSmall(bytes) ? lz4.decompressFrameSync(bytes) : lz4.decompressFrame(bytes)
  },

  async snappy(bytes, most) {
    const blocks = snappyBlocks(bytes)
    limit(
      blocks.reduce((sum, block) => sum + snappyLength(block), 0),
      most,
    )
    const { uncompress, uncompressSync } = await import('snappy')
    const plain: Buffer[] = []
    for (const block of blocks)
      plain.push((await (isSmall(block) ? uncompressSync : uncompress)(block)) as Buffer)
    return plain.length === 1 ? plain[0]! : Buffer.concat(plain)
  },
}

/**
 * The records of a compressed batch. Rejects for bytes that are not of this codec, and for those
 * that would take more than `most` bytes: at the latest when that many are there, whatever they
 * claim.
 */
export async function decompress(codec: Codec, bytes: Buffer, most: number): Promise<Buffer> {
  try {
    return await decompressors[codec](bytes, most)
  } catch (error) {
    throw isTooLarge(error) ? tooLarge(most) : error
  }
}

const isTooLarge = (error: unknown) =>
  error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'

const tooLarge = (most: number) => new Error(`without compression it takes more than ${most} bytes`)

function limit(size: number, most: number): void {
  if (size > most) throw tooLarge(most)
}

const isSmall = (bytes: Buffer) => bytes.length <= AT_ONCE

/** Chunks that the whole fits into mostly: each costs a turn, and one that is half empty memory. */
function zlibOptions({ length }: Buffer, maxOutputLength: number) {
  const chunkSize = Math.min(Math.max(4 * length, SMALLEST_CHUNK), LARGEST_CHUNK)
  return { chunkSize, maxOutputLength }
}
