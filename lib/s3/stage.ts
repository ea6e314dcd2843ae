import type { Bundle } from '../commit/bundle.ts'
import { metadataOf, TOKEN } from '../commit/publish.ts'
import { sha256, type Segment, type StagedObject } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import { retry } from '../retry.ts'
import type { SinkBinding } from '../sink.ts'
import { Growth, PART } from './growth.ts'
import { type ClosedObject, contentsOf, closedSize, type Frame } from './open-object.ts'

/** What a sink knows of its objects besides their rows. */
export interface StageOptions {
  readonly sink: string
  readonly frame: Frame
  readonly contentType: string
  tokenOf(ordinal: number): string
}

/** Make a finished object durable and keep it invisible: small ones inside the epoch's bundle, the rest in an upload that stays open. */
export async function stage(
  closed: ClosedObject,
  bundle: Bundle,
  options: StageOptions,
  binding: SinkBinding,
): Promise<StagedObject> {
  const { object, because, key } = closed
  const token = options.tokenOf(closed.ordinal)
  const facts = {
    ...contentsOf(object),
    sink: options.sink,
    key,
    token,
    because,
    contentType: options.contentType,
  }
  if (object.growth) {
    finish(object.growth, closed, options.frame)
    return { ...facts, ...(await object.growth.staged()) }
  }
  const size = closedSize(object, options.frame)
  const small = size < PART && bundle.size + size <= binding.share()
  if (small) return { ...facts, ...(await intoBundle(closed, bundle, options.frame, binding)) }
  const growth = new Growth(
    key,
    { metadata: metadataOf(facts), contentType: options.contentType },
    binding,
  )
  return { ...facts, ...(await intoUpload(closed, growth, options.frame, binding)) }
}

/** The last part of an object that has been going up. */
function finish(growth: Growth, { object }: ClosedObject, frame: Frame): void {
  const { size } = object.fresh
  const pieces = size > 0 ? growth.rows(frame.separator, ...object.fresh.take()) : []
  if (size > 0 || frame.footer.length > 0)
    growth.send([...pieces, growth.frame(frame.footer)], size)
}

async function intoBundle(
  { object }: ClosedObject,
  bundle: Bundle,
  { header, separator, footer }: Frame,
  binding: SinkBinding,
): Promise<Pick<StagedObject, 'bytes' | 'sha256' | 'rowsHash' | 'staged'>> {
  const runs = await Promise.all(
    object.segments.map(async (segment) => [await readSegment(segment, binding)]),
  )
  if (object.fresh.size > 0) runs.push(object.fresh.take())
  const rows = runs.flatMap((run, index) => (index === 0 ? run : [separator, ...run]))
  // in one piece, so that it can be sent as it is when it is published
  const segment = bundle.add(Buffer.concat([header, ...rows, footer]))
  return {
    bytes: segment.to - segment.from,
    sha256: segment.sha256,
    rowsHash: sha256(...rows),
    staged: { in: 'bundle', bundle: segment.bundle, from: segment.from, to: segment.to },
  }
}

/** Part by part, so that an object of any size passes through little memory. */
async function intoUpload(
  { object }: ClosedObject,
  growth: Growth,
  { header, separator, footer }: Frame,
  binding: SinkBinding,
): Promise<Pick<StagedObject, 'bytes' | 'sha256' | 'rowsHash' | 'staged'>> {
  let pieces = [growth.frame(header)]
  let size = header.length
  let first = true
  const add = (run: readonly Buffer[]): void => {
    if (!first) pieces.push(...growth.rows(separator))
    first = false
    pieces.push(...growth.rows(...run))
    for (const { length } of run) size += length
    if (size < PART) return
    growth.send(pieces, 0)
    pieces = []
    size = 0
  }
  for (const segment of object.segments) {
    add([await readSegment(segment, binding)])
    await growth.room()
  }
  if (object.fresh.size > 0) add(object.fresh.take())
  growth.send([...pieces, growth.frame(footer)], 0)
  return growth.staged()
}

async function readSegment(
  { bundle, from, to, sha256: hash }: Segment,
  { store, limit, retry: options }: SinkBinding,
): Promise<Buffer> {
  const bytes = await limit(() => retry(() => store.get(bundle, { from, to }), options))
  if (bytes && sha256(bytes) === hash) return bytes
  throw new SluiceError(
    'corrupt',
    `rows of an open object in ${bundle} of ${store.place} are ${bytes ? 'altered' : 'gone'}; restore that object, then start again`,
  )
}

/**
 * Look, before the commit, whether a key that is not unique by itself is somebody else's.
 *
 * @throws SluiceError 'config' that names who has taken it
 */
export async function checkFree(key: string, token: string, binding: SinkBinding): Promise<void> {
  const { store, limit, retry: options, lane } = binding
  const there = await limit(() => retry(() => store.head(key), options))
  if (there === undefined || there.metadata[TOKEN] === token) return
  const owner = there.metadata[TOKEN]?.split('/', 2).join('/') ?? 'not written by sluice'
  throw new SluiceError(
    'config',
    `${lane.topic}-${lane.partition}: key taken by another writer (${owner}): ${key} in ${store.place}. ` +
      `Give the sink another prefix, or a name that holds the instance and the commit`,
  )
}
