import { SluiceError } from '../errors.ts'
import { type ObjectInfo, type ObjectStore, StoreError } from '../ports.ts'
import { readAhead } from '../read-ahead.ts'
import { retry, type RetryOptions } from '../retry.ts'
import type { Bundle } from './bundle.ts'
import { type StagedObject, sha256 } from './record.ts'
import { readSegments } from './segments.ts'

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

/** The instance and pipeline that an object says it is of, for people. */
export const writerOf = ({ metadata }: ObjectInfo): string =>
  metadata[TOKEN]?.split('/', 2).join('/') ?? 'not written by sluice'

/** Where the bytes of a small staged object come from: memory, or its bundle after a restart. */
export type BytesOf = (object: StagedObject) => Promise<Buffer>

/** An object in one bundle, with others. */
type Small = StagedObject & { readonly staged: { readonly in: 'bundle' } }

const isSmall = (object: StagedObject): object is Small => object.staged.in === 'bundle'

/** Bytes of a bundle that are read at once: of that many small objects, or of one larger one. */
const READ = 512 * 1024

/**
 * Make all committed objects of a record visible, as `publish` does with each.
 *
 * @param held what of the objects is still in memory; nothing after a restart. The rest is read from its bundles, 512 KiB or so at a time
 */
export async function publishAll(
  objects: readonly StagedObject[],
  store: ObjectStore,
  held: Bundle | undefined,
  options: RetryOptions,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const isHeld = (object: StagedObject): boolean =>
    object.staged.in === 'upload' || (isSmall(object) && !!held?.holds(object.staged))
  const inParts = objects.filter(({ staged }) => staged.in === 'bundles')
  const inBundles = objects.filter((each) => isSmall(each) && !isHeld(each)) as Small[]
  const heldBytes: BytesOf = ({ staged }) => Promise.resolve((held as Bundle).bytesOf(staged))
  const publishRead = async (neighbours: readonly Small[]): Promise<void> => {
    const bytesOf = await read(neighbours, store, options)
    await Promise.all(neighbours.map((object) => publish(object, store, bytesOf, options, before)))
  }
  const publishHeld = (object: StagedObject): Promise<void> =>
    publish(object, store, heldBytes, options, before)
  await Promise.all([
    ...objects.filter(isHeld).map(publishHeld),
    throughMemory(neighboursIn(inBundles.sort(byPlace)), publishRead),
    throughMemory(inParts, publishHeld),
  ])
}

/** Two at a time, since their bytes pass through memory. */
async function throughMemory<T>(
  items: Iterable<T>,
  publishOne: (item: T) => Promise<void>,
): Promise<void> {
  for await (const _ of readAhead(items, 2, publishOne));
}

const byPlace = ({ staged: a }: Small, { staged: b }: Small): number =>
  a.bundle === b.bundle ? a.from - b.from : a.bundle < b.bundle ? -1 : 1

/** Objects that lie side by side, and can be read at once. */
function* neighboursIn(objects: readonly Small[]): Generator<readonly Small[]> {
  let group: Small[] = []
  for (const object of objects) {
    const [first] = group
    const isNear =
      first?.staged.bundle === object.staged.bundle &&
      object.staged.from >= first.staged.from &&
      object.staged.to - first.staged.from <= READ
    if (first && !isNear) {
      yield group
      group = []
    }
    group.push(object)
  }
  if (group.length > 0) yield group
}

/** Read small objects out of their bundle; each is proved to be what was staged when it is asked for. */
async function read(
  neighbours: readonly Small[],
  store: ObjectStore,
  options: RetryOptions,
): Promise<BytesOf> {
  const { bundle, from } = (neighbours[0] as Small).staged
  const to = Math.max(...neighbours.map(({ staged }) => staged.to))
  const all = await retry(() => store.get(bundle, { from, to }), options)
  return (object) => {
    const { staged, key, firstOffset, lastOffset } = object as Small
    const bytes = all?.subarray(staged.from - from, staged.to - from)
    if (bytes && sha256(bytes) === object.sha256) return Promise.resolve(bytes)
    throw new SluiceError(
      'corrupt',
      `${key} is committed but its bytes in ${bundle} of ${store.place} are ${bytes ? 'altered' : 'gone'} ` +
        `(offsets ${firstOffset} to ${lastOffset}); restore that object, then start again`,
    )
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
    const outcome = await attempt(object, store, bytesOf, options)
    if (outcome === 'created') return
    // a completion that is answered with success may be that of somebody else's object (versitygw), so the token decides then too
    const there = await store.head(object.key)
    if (there?.metadata[TOKEN] === object.token) return
    if (outcome === 'completed' && there === undefined) throw atWork(object, store)
    throw outcome === 'exists'
      ? taken(object, store, there?.metadata[TOKEN])
      : lost(object, store, there !== undefined)
  }, options)
}

async function attempt(
  object: StagedObject,
  store: ObjectStore,
  bytesOf: BytesOf,
  options: RetryOptions,
): Promise<'created' | 'exists' | 'completed' | 'gone'> {
  const { key, staged, contentType, settings, bytes, sha256: hash } = object
  if (staged.in === 'upload') return await store.completeUpload(key, staged.uploadId, staged.parts)
  const metadata = { ...metadataOf(object), 'sluice-sha256': hash }
  const put = { ...settings, ifAbsent: true, metadata, contentType }
  if (staged.in === 'bundle') return store.put(key, await bytesOf(object), put)
  // whoever has a place among the requests under way must not wait for another one
  const { limit: _, ...reading } = options
  const chunks = (): AsyncIterable<Buffer> => readSegments(staged.segments, store, reading)
  return store.putStream(key, { size: bytes, sha256: hash, chunks }, put)
}

/** A store may answer whoever asks for the same twice while it is at it (versitygw). */
const atWork = ({ key }: StagedObject, { place }: ObjectStore): StoreError =>
  new StoreError('transient', `${place} says that ${key} is complete, and it is not there yet`)

function lost(
  { key, firstOffset, lastOffset }: StagedObject,
  store: ObjectStore,
  foreign: boolean,
): SluiceError {
  return new SluiceError(
    'corrupt',
    `the upload of ${key} was committed and then removed from ${store.place}, whole or in part, before it could be completed` +
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
