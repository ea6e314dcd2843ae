import { SluiceError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { retry, type RetryOptions } from '../retry.ts'
import { type StagedObject, sha256 } from './record.ts'

/** Name of the user metadata that says which commit an object belongs to. */
export const TOKEN = 'sluice-commit'

/** Name of the user metadata that says why the object was finished. */
export const BECAUSE = 'sluice-because'

/** What an object says of itself, so that it can be judged without being read. */
export function metadataOf(
  object: Omit<StagedObject, 'staged' | 'bytes' | 'sha256' | 'rowsHash'>,
): Record<string, string> {
  return {
    [TOKEN]: object.token,
    [BECAUSE]: object.because,
    'sluice-rows': String(object.rows),
    'sluice-first-offset': String(object.firstOffset),
    'sluice-last-offset': String(object.lastOffset),
    ...(Number.isFinite(object.minTime) && {
      'sluice-min-time': String(object.minTime),
      'sluice-max-time': String(object.maxTime),
    }),
  }
}

/** Where the bytes of a small staged object come from: memory, or its bundle after a restart. */
export type BytesOf = (object: StagedObject) => Promise<Buffer>

/** Read a small staged object out of its bundle, and prove that it is what was staged. */
export function bytesFrom(store: ObjectStore): BytesOf {
  return async (object) => {
    if (object.staged.in !== 'bundle')
      throw new TypeError('only small objects are staged in a bundle')
    const { bundle, from, to } = object.staged
    const bytes = await store.get(bundle, { from, to })
    if (!bytes || sha256(bytes) !== object.sha256)
      throw new SluiceError(
        'corrupt',
        `${object.key} is committed but its bytes in ${bundle} of ${store.place} are ${bytes ? 'altered' : 'gone'} ` +
          `(offsets ${object.firstOffset} to ${object.lastOffset}); restore that object, then start again`,
      )
    return bytes
  }
}

/**
 * Make one committed object visible, asking `before` each attempt whether it is still to be. May be done by anybody, any number of times: an upload can be completed once, a small object is created only where
 * nothing is, and in doubt the token in the object's metadata decides. Never aborts anything.
 */
export async function publish(
  object: StagedObject,
  store: ObjectStore,
  bytesOf: BytesOf,
  options: RetryOptions,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await retry(async () => {
    await before()
    const outcome =
      object.staged.in === 'upload'
        ? await store.completeUpload(object.key, object.staged.uploadId, object.staged.parts)
        : await store.put(object.key, await bytesOf(object), {
            ...object.settings,
            ifAbsent: true,
            metadata: { ...metadataOf(object), 'sluice-sha256': object.sha256 },
            contentType: object.contentType,
          })
    if (outcome === 'created') return
    // a completion that is answered with success may be that of somebody else's object (versitygw), so the token decides then too
    const there = await store.head(object.key)
    if (there?.metadata[TOKEN] === object.token) return
    throw outcome === 'exists'
      ? taken(object, store, there?.metadata[TOKEN])
      : lost(object, store, there !== undefined)
  }, options)
}

function lost(
  { key, firstOffset, lastOffset }: StagedObject,
  store: ObjectStore,
  foreign: boolean,
): SluiceError {
  return new SluiceError(
    'corrupt',
    `the upload of ${key} was committed and then removed from ${store.place} before it could be completed` +
      `${foreign ? ' (somebody else has written that key)' : ''}: offsets ${firstOffset} to ${lastOffset} are not visible. ` +
      `Look for a rule or a script that aborts incomplete uploads.`,
  )
}

function taken(
  { key, token, firstOffset, lastOffset }: StagedObject,
  store: ObjectStore,
  other = '',
): SluiceError {
  const [instance, , , partition] = other.split('/')
  const isOurs = instance === token.split('/')[0]
  const who = isOurs ? `partition ${partition} of the same pipeline` : 'somebody else'
  const remedy = isOurs ? ', and key the topic so that a name comes from one partition' : ''
  return new SluiceError(
    'corrupt',
    `cannot publish ${key}: ${who} has written that key in ${store.place} since it was staged (offsets ${firstOffset} to ${lastOffset}). ` +
      `Move that object away, then start again${remedy}.`,
  )
}
