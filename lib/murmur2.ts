import { crc32 } from 'node:zlib'

/** How a producer chooses the partition of a key: Kafka's own clients, or librdkafka's `consistent`. */
export type PartitionHash = 'murmur2' | 'crc32'

const MULTIPLIER = 0x5bd1e995
const SEED = 0x9747b28c

/** The 32-bit murmur2 hash of Kafka's clients, as a signed integer. */
export function murmur2(bytes: Uint8Array): number {
  const whole = bytes.length & ~3
  let hash = SEED ^ bytes.length
  for (let i = 0; i < whole; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    const mixed = Math.imul(word, MULTIPLIER)
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(mixed ^ (mixed >>> 24), MULTIPLIER)
  }
  for (let i = bytes.length - 1; i >= whole; i--) hash ^= bytes[i]! << ((i - whole) * 8)
  if (whole < bytes.length) hash = Math.imul(hash, MULTIPLIER)
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return hash ^ (hash >>> 15)
}

/** The partition, from 0, that a producer with this hash gives a key of a topic with so many partitions. */
export function partitionOf(
  key: Uint8Array,
  partitions: number,
  hash: PartitionHash = 'murmur2',
): number {
  return hash === 'murmur2' ? (murmur2(key) & 0x7fffffff) % partitions : crc32(key) % partitions
}
