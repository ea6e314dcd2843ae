import { pipeline as connect, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createGunzip, zstdDecompress } from 'node:zlib'
import type { CompressionName, StagedObject } from '../commit/record.ts'
import { StoreError } from '../ports.ts'
import { Unreadable } from './framing.ts'
import { zstdFrames } from './zstd-frames.ts'

/**
 * The bytes of an object before they were compressed, a piece at a time, whatever the number of members or frames.
 *
 * @throws Unreadable when they were not
 */
export async function* unpacked(
  chunks: AsyncIterable<Buffer>,
  { compression }: Pick<StagedObject, 'compression'>,
): AsyncGenerator<Buffer> {
  if (!compression) return yield* chunks
  try {
    yield* unpack[compression](chunks)
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw new Unreadable(`its bytes are not ${compression}`, { cause: error })
  }
}

const unpack: Readonly<
  Record<CompressionName, (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>>
> = {
  // an error of the one before it comes out of what is unpacked
  gzip: (chunks) => connect(Readable.from(chunks), createGunzip(), () => undefined),
  async *zstd(chunks) {
    for await (const frame of zstdFrames(chunks)) yield await unpackFrame(frame)
  },
}

const unpackFrame = promisify(zstdDecompress)
