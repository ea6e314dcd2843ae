import { createHash } from 'node:crypto'
import { SluiceError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { retry, type RetryOptions } from '../retry.ts'
import type { Segment } from './record.ts'

/** Bytes that are read at once. */
const READ = 1024 * 1024

/**
 * The bytes of segments, one after another, little of them at a time. Each proves at its end to be what was written; what is yielded before is not proved yet.
 *
 * @param options how a request that fails is made again
 * @throws SluiceError 'corrupt' for a segment that is gone or altered
 */
export async function* readSegments(
  segments: readonly Segment[],
  store: ObjectStore,
  options: RetryOptions,
): AsyncGenerator<Buffer> {
  for (const { bundle, from, to, sha256 } of segments) {
    const hash = createHash('sha256')
    for (let at = from; at < to; at += READ) {
      const get = () => store.get(bundle, { from: at, to: Math.min(to, at + READ) })
      const bytes = await retry(get, options)
      if (bytes === undefined) throw broken(bundle, store, 'gone')
      hash.update(bytes)
      if (at + READ >= to && hash.digest('hex') !== sha256) throw broken(bundle, store, 'altered')
      yield bytes
    }
  }
}

const broken = (bundle: string, { place }: ObjectStore, how: string): SluiceError =>
  new SluiceError(
    'corrupt',
    `${bundle} of ${place} is ${how}, and what it holds is committed; restore that object, then start again`,
  )
