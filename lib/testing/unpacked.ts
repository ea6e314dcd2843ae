import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { StoredObject } from './memory-store.ts'

/** The bytes of an object before they were compressed, if its name says that they were. */
export function unpacked({ key, bytes }: StoredObject): Buffer {
  if (key.endsWith('.gz')) return gunzipSync(bytes)
  return key.endsWith('.zst') ? Buffer.concat([...framesOf(bytes)]) : bytes
}

/** What the types do not know: how many bytes the first frame took, after which Node stops. */
const unpackFrame = zstdDecompressSync as unknown as (
  bytes: Buffer,
  options: { info: true },
) => { buffer: Buffer; engine: { bytesWritten: number } }

function* framesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const { buffer, engine } = unpackFrame(bytes.subarray(at), { info: true })
    yield buffer
    at += engine.bytesWritten
  }
}
