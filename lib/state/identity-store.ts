import { ENTRY_BYTES, hashOf, IdentityBucket } from './identity-bucket.ts'
import type { Delta, IdentityStore } from './store.ts'

const HEAD_BYTES = 8

/**
 * Identities in buckets of event time as wide as `within`: one identity is never twice in a bucket, a look-up needs three of them, and one that
 * is over is dropped whole. Bytes are the horizon, then entries of 24 bytes (identity, time) by bucket and in the order of keeping: so they are
 * the same however often the state was written and read back. Numbers are little-endian.
 */
export function identityStore(within: number): IdentityStore {
  const buckets = new Map<number, IdentityBucket>()
  let horizon = -Infinity
  let horizonWritten = -Infinity

  const bucketOf = (time: number): number => Math.floor(time / within)
  const endOf = (bucket: number): number => (bucket + 1) * within
  const sum = (of: (bucket: IdentityBucket) => number): number => {
    let total = 0
    for (const bucket of buckets.values()) total += of(bucket)
    return total
  }

  const add = (identity: Uint32Array, hash: number, time: number): IdentityBucket => {
    const number = bucketOf(time)
    let bucket = buckets.get(number)
    if (!bucket) buckets.set(number, (bucket = new IdentityBucket()))
    bucket.add(identity, hash, time)
    return bucket
  }

  const keptNear = (bucket: number, identity: Uint32Array, hash: number, time: number): boolean => {
    const kept = buckets.get(bucket)?.find(identity, hash)
    return kept !== undefined && (kept === time || Math.abs(kept - time) < within)
  }

  const dropBefore = (time: number): void => {
    if (!(time > horizon)) return
    horizon = time
    for (const bucket of buckets.keys()) if (endOf(bucket) <= time) buckets.delete(bucket)
  }

  const write = (everything: boolean): Delta => {
    const head = Buffer.allocUnsafe(HEAD_BYTES)
    head.writeDoubleLE(horizon)
    const parts: Uint8Array[] = [head]
    let until: number | undefined
    for (const number of [...buckets.keys()].sort((a, b) => a - b)) {
      const bucket = buckets.get(number) as IdentityBucket
      const from = everything ? 0 : bucket.written
      if (from === bucket.count) continue
      parts.push(...bucket.bytesFrom(from))
      bucket.written = bucket.count
      until = endOf(number)
    }
    horizonWritten = horizon
    return { bytes: Buffer.concat(parts), until }
  }

  return {
    format: `identities/1 ${within}`,
    get horizon() {
      return horizon
    },
    get memory() {
      return sum((bucket) => bucket.memory)
    },
    get size() {
      return sum((bucket) => bucket.count)
    },
    keep(identity, time) {
      const hash = hashOf(identity, 0)
      const bucket = bucketOf(time)
      const kept =
        keptNear(bucket, identity, hash, time) ||
        keptNear(bucket - 1, identity, hash, time) ||
        keptNear(bucket + 1, identity, hash, time)
      if (kept) return false
      add(identity, hash, time)
      return true
    },
    forget(until) {
      dropBefore(bucketOf(until) * within)
    },
    delta() {
      const news = horizon !== horizonWritten || sum(({ count, written }) => count - written) > 0
      return news ? write(false) : undefined
    },
    base: () => write(true),
    apply(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      const words = new Uint32Array(4)
      const wordBytes = new Uint8Array(words.buffer)
      for (let at = HEAD_BYTES; at < bytes.length; at += ENTRY_BYTES) {
        wordBytes.set(bytes.subarray(at, at + 16))
        const bucket = add(words, hashOf(words, 0), view.getFloat64(at + 16, true))
        bucket.written = bucket.count
      }
      dropBefore(view.getFloat64(0, true))
      horizonWritten = horizon
    },
  }
}
