/** How what snappy-java writes begins; then come two versions of four bytes each. */
const XERIAL = Buffer.from('\x82SNAPPY\0', 'latin1')
const XERIAL_HEADER = XERIAL.length + 8

/**
 * The blocks of compressed bytes: those between the lengths that snappy-java, and so Kafka's own
 * client, puts before each, or the bytes as they are from clients that compress them at once.
 */
export function snappyBlocks(bytes: Buffer): Buffer[] {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return [bytes]
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER; at < bytes.length;) {
    const begin = at + 4
    at = begin + bytes.readInt32BE(at)
    if (at < begin || at > bytes.length) throw new Error('a block of snappy is cut off')
    blocks.push(bytes.subarray(begin, at))
  }
  return blocks
}

/** How many bytes a block says that it decompresses to; the decoder holds it to that. */
export function snappyLength(block: Buffer): number {
  let length = 0
  let scale = 1
  for (const byte of block.subarray(0, 5)) {
    length += (byte & 0x7f) * scale
    if (byte < 0x80) return length
    scale *= 0x80
  }
  throw new Error('a block of snappy does not say how long it is')
}
