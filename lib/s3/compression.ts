import { promisify } from 'node:util'
import { constants, gzip as gzipOnce, type InputType, zstdCompress } from 'node:zlib'
import type { CompressionName } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'

/** How the bytes of an object are made smaller when it closes. Blocks are compressed by themselves, and may stand one after the other. */
export interface Compression {
  /** How a reader finds out what it is: part of commit records. */
  readonly name: CompressionName
  /** What comes behind the format's extension, without a dot. */
  readonly extension: string
  /** What objects say of it in their `Content-Encoding`, if they are to. */
  readonly contentEncoding: CompressionName | undefined
  /** One block as a whole member or frame, compressed on a thread of libuv's pool. */
  compress(block: Buffer): Promise<Buffer>
}

export interface CompressionOptions {
  /** From fast to small: 1 to 9 for gzip (default 6), 1 to 19 for zstd (default 3). */
  readonly level?: number
  /**
   * Say `Content-Encoding` in the object's metadata. Then readers that speak HTTP unpack by themselves, and get bytes that do not fit the
   * object's name; most tools of data engineering go by the name. Default: false.
   */
  readonly contentEncoding?: boolean
}

/**
 * Bytes that are compressed at a time: about half a megabyte costs 0.6 % in size against one stream for the whole object, and no object keeps the
 * state of a compressor while it is open.
 */
export const BLOCK = 512 * 1024

/** Most bytes of a compressed block that come back at a time: text shrinks to less. */
const OUTPUT = 128 * 1024

const gzipBlock = promisify<InputType, object, Buffer>(gzipOnce)
const zstdBlock = promisify<InputType, object, Buffer>(zstdCompress)

/**
 * Objects as `.gz`, a gzip member for every half megabyte: what `gunzip`, Python, Java, Spark, Athena and DuckDB read as one file. Rows are
 * compressed when their object closes; a limit of `rotate` in bytes counts them before.
 *
 * @throws SluiceError 'config' for a level that gzip has not
 */
export function gzip({ level = 6, contentEncoding = false }: CompressionOptions = {}): Compression {
  checkLevel('gzip', level, 9)
  const options = { level, chunkSize: OUTPUT }
  return {
    name: 'gzip',
    extension: 'gz',
    contentEncoding: contentEncoding ? 'gzip' : undefined,
    compress: (block) => gzipBlock(block, options),
  }
}

/**
 * Objects as `.zst`, a Zstandard frame for every half megabyte. As small as `gzip()` in a quarter of the time, otherwise as there. Frames one after the
 * other are one file to `zstd`, Spark, Trino and DuckDB; some libraries (python-zstandard, Node) stop after the first unless told otherwise.
 *
 * @throws SluiceError 'config' for a level outside 1 to 19
 */
export function zstd({ level = 3, contentEncoding = false }: CompressionOptions = {}): Compression {
  checkLevel('zstd', level, 19)
  const options = {
    chunkSize: OUTPUT,
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      // a reader notices by itself that a frame has been damaged
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  }
  return {
    name: 'zstd',
    extension: 'zst',
    contentEncoding: contentEncoding ? 'zstd' : undefined,
    compress: (block) => zstdBlock(block, options),
  }
}

function checkLevel(name: CompressionName, level: number, most: number): void {
  if (Number.isInteger(level) && level >= 1 && level <= most) return
  throw new SluiceError(
    'config',
    `${name}.level is ${level}: it has to be a whole number from 1 to ${most}`,
  )
}
