/** What every frame of Zstandard begins with. */
const MAGIC = 0xfd2fb528

/** Magic number and descriptor. */
const BEFORE_HEADER = 5

const DICTIONARY_BYTES = [0, 1, 2, 4] as const
const SIZE_BYTES = [0, 2, 4, 8] as const
const BLOCK_HEADER = 3
const RLE = 1
const CHECKSUM = 4

/**
 * Take a Zstandard file apart into its frames (RFC 8878), which Node's own decompressor does not: it may stop after the first one.
 * Holds one frame at a time.
 *
 * @throws RangeError when the bytes are not frames, or end inside one
 */
export async function* zstdFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
    for (let end = endOfFrame(bytes); end !== undefined; end = endOfFrame(bytes)) {
      yield bytes.subarray(0, end)
      bytes = bytes.subarray(end)
    }
  }
  if (bytes.length > 0) throw new RangeError('the last frame is cut short')
}

/**
 * Where the frame ends that these bytes begin with; undefined while it is not all there.
 *
 * @throws RangeError when they do not begin with one
 */
export function endOfFrame(bytes: Buffer): number | undefined {
  if (bytes.length < BEFORE_HEADER) return undefined
  if (bytes.readUInt32LE(0) !== MAGIC) throw new RangeError('not a frame of Zstandard')
  const descriptor = bytes[4] as number
  for (let at = BEFORE_HEADER + headerBytes(descriptor); at + BLOCK_HEADER <= bytes.length;) {
    const block = bytes.readUIntLE(at, BLOCK_HEADER)
    const size = ((block >> 1) & 3) === RLE ? 1 : block >> 3
    at += BLOCK_HEADER + size
    const isLast = (block & 1) === 1
    if (!isLast) continue
    const end = at + ((descriptor & 4) === 0 ? 0 : CHECKSUM)
    return end <= bytes.length ? end : undefined
  }
  return undefined
}

/** What stands between the descriptor and the first block. */
function headerBytes(descriptor: number): number {
  const isSingle = (descriptor & 0x20) !== 0
  const sizeFlag = (descriptor >> 6) as 0 | 1 | 2 | 3
  const size = sizeFlag === 0 && isSingle ? 1 : SIZE_BYTES[sizeFlag]
  return (isSingle ? 0 : 1) + DICTIONARY_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3] + size
}
