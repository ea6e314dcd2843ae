import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { BucketObject } from './world.ts'

/** All frames, one after the other: Node's decompressor may stop after each, and says how far it came. */
export function unzstd(bytes: Buffer): Buffer {
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    // the types do not know the option
    const unpack = zstdDecompressSync as unknown as (
      bytes: Buffer,
      options: { info: true },
    ) => { buffer: Buffer; engine: { bytesWritten: number } }
    const { buffer, engine } = unpack(bytes.subarray(at), { info: true })
    frames.push(buffer)
    at += engine.bytesWritten
  }
  return Buffer.concat(frames)
}

/** An object as it would be had it not been compressed: its name says how it was. */
export function unpacked({ key, bytes }: BucketObject): BucketObject {
  if (key.endsWith('.gz')) return { key: key.slice(0, -'.gz'.length), bytes: gunzipSync(bytes) }
  if (key.endsWith('.zst')) return { key: key.slice(0, -'.zst'.length), bytes: unzstd(bytes) }
  return { key, bytes }
}
