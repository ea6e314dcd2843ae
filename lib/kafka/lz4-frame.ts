const MAGIC = 0x184d2204

/** Bits of a frame's descriptor. */
const BLOCK_CHECKSUMS = 0x10
const CONTENT_SIZE = 0x08
const DICTIONARY = 0x01

/** In the length of a block that could not be compressed. */
const PLAIN = 0x8000_0000

/** No byte of a compressed block stands for more. */
const DENSEST = 255

/**
 * The most bytes that an LZ4 frame can decompress to, counted from the lengths of its blocks: few
 * frames say how much they hold, and none is to be believed. Producers fill all blocks but the last,
 * so that little more is counted than is there. Throws for what is not a frame.
 */
export function lz4FrameBound(frame: Buffer): number {
  if (frame.readUInt32LE(0) !== MAGIC) throw new Error('it does not begin as an LZ4 frame')
  const flags = frame.readUInt8(4)
  const largestBlock = 2 ** (8 + 2 * ((frame.readUInt8(5) >>> 4) & 7))
  const checksum = flags & BLOCK_CHECKSUMS ? 4 : 0
  let at = 7 + (flags & CONTENT_SIZE ? 8 : 0) + (flags & DICTIONARY ? 4 : 0)
  let bound = 0
  for (let word; at + 4 <= frame.length && (word = frame.readUInt32LE(at)) !== 0;) {
    const length = word % PLAIN
    bound += word >= PLAIN ? length : Math.min(DENSEST * length, largestBlock)
    at += 4 + length + checksum
  }
  return bound
}
