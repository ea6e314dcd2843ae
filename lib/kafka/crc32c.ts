const POLYNOMIAL = 0x82f63b78

/**
 * `TABLE[256 * k + byte]`: what a byte contributes to the checksum of the k bytes after it and
 * itself.
 */
const TABLE = makeTable()

function makeTable(): Int32Array {
  const table = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    table[byte] = crc
  }
  for (let i = 256; i < table.length; i++) {
    const shorter = table[i - 256]!
    table[i] = (shorter >>> 8) ^ table[shorter & 0xff]!
  }
  return table
}

/**
 * CRC-32C (Castagnoli) as a signed integer: the checksum of Kafka's record batches. Eight bytes a
 * step.
 */
export function crc32c(bytes: Uint8Array): number {
  const whole = bytes.length & ~7
  let crc = -1
  let i = 0
  for (; i < whole; i += 8) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    crc =
      TABLE[7 * 256 + (crc & 0xff)]! ^
      TABLE[6 * 256 + ((crc >>> 8) & 0xff)]! ^
      TABLE[5 * 256 + ((crc >>> 16) & 0xff)]! ^
      TABLE[4 * 256 + (crc >>> 24)]! ^
      TABLE[3 * 256 + bytes[i + 4]!]! ^
      TABLE[2 * 256 + bytes[i + 5]!]! ^
      TABLE[256 + bytes[i + 6]!]! ^
      TABLE[bytes[i + 7]!]!
  }
  for (; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return ~crc
}
