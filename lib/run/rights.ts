import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { probePrefix } from '../commit/probe.ts'
import { SluiceError } from '../errors.ts'
import { type Encryption, type ObjectSettings, type ObjectStore, StoreError } from '../ports.ts'
import { retry } from '../retry.ts'
import { objectKey } from '../s3/object-name.ts'
import type { LaneSink } from '../sink.ts'

/** How the uploads are called by which a run proves that it may write. */
export const MAY_WRITE = '_sluice-may-write-'

/**
 * Prove, before anything is read, that every sink of objects may write below its prefix, with all that it wants of the store: what is committed has to be
 * publishable. Begins an upload and aborts it, which takes the same rights as writing an object and is never seen by a reader, wherever the process dies.
 * That the store encrypts as a sink wants it shows with an object that is put: it lies under `own`, and is deleted.
 *
 * @param own a prefix of the pipeline's own
 * @throws SluiceError 'config' that names the prefix
 */
export async function proveRights(
  sinks: readonly LaneSink[],
  own: string,
  store: ObjectStore,
  clock: Clock,
): Promise<void> {
  const writers = sinks.filter(({ topic }) => topic === undefined)
  await Promise.all(writers.map((sink) => proveFor(sink, own, store, clock)))
}

async function proveFor(
  { id: prefix, settings = {} }: LaneSink,
  own: string,
  store: ObjectStore,
  clock: Clock,
): Promise<void> {
  const key = objectKey(prefix, '', `${MAY_WRITE}${randomUUID()}`)
  try {
    const uploadId = await retry(() => store.createUpload(key, settings), { clock })
    await retry(() => store.abortUpload(key, uploadId), { clock })
    const { encryption } = settings
    if (encryption)
      await proveEncryption(`${probePrefix(own)}${randomUUID()}`, encryption, store, clock)
  } catch (error) {
    const cause = error instanceof SluiceError ? error.cause : error
    if (!(cause instanceof StoreError)) throw error
    const wanted = wantedOf(settings)
    const what =
      cause.failure === 'denied'
        ? `no right to write under ${prefix}/${wanted && ` with ${wanted}`}`
        : `${store.place} does not take objects under ${prefix}/${wanted && ` with ${wanted}`}`
    throw new SluiceError('config', `${what}: ${cause.message}`, { cause })
  }
}

async function proveEncryption(
  key: string,
  encryption: Encryption,
  store: ObjectStore,
  clock: Clock,
): Promise<void> {
  await retry(() => store.put(key, Buffer.from('x'), { encryption }), { clock })
  await retry(() => store.delete([key]), { clock })
}

/** For messages: what a sink wants besides plain objects. */
function wantedOf({ encryption, storageClass, acl, tags }: ObjectSettings): string {
  const wanted = [
    encryption && `encryption ${encryption.algorithm}`,
    storageClass && `storage class ${storageClass}`,
    acl && `ACL ${acl}`,
    tags && `tags`,
  ]
  return wanted.filter(Boolean).join(', ')
}
