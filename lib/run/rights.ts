import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import { type ObjectStore, StoreError } from '../ports.ts'
import { retry } from '../retry.ts'
import { objectKey } from '../s3/object-name.ts'
import type { LaneSink } from '../sink.ts'

/**
 * Prove, before anything is read, that every sink of objects may write below its prefix: what is committed has to be publishable. Begins an upload and aborts it,
 * which takes the same right as writing an object and is never seen by a reader, wherever the process dies.
 *
 * @throws SluiceError 'config' that names the prefix
 */
export async function proveRights(
  sinks: readonly LaneSink[],
  store: ObjectStore,
  clock: Clock,
): Promise<void> {
  const prefixes = sinks.filter(({ topic }) => topic === undefined)
  await Promise.all(prefixes.map(({ id }) => proveFor(id, store, clock)))
}

async function proveFor(prefix: string, store: ObjectStore, clock: Clock): Promise<void> {
  const key = objectKey(prefix, '', `_sluice-may-write-${randomUUID()}`)
  try {
    const uploadId = await retry(() => store.createUpload(key), { clock })
    await retry(() => store.abortUpload(key, uploadId), { clock })
  } catch (error) {
    const cause = error instanceof SluiceError ? error.cause : error
    if (!(cause instanceof StoreError) || cause.failure !== 'denied') throw error
    throw new SluiceError('config', `no right to write under ${prefix}/: ${cause.message}`, {
      cause,
    })
  }
}
