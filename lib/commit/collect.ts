import type { ObjectStore } from '../ports.ts'
import { idOf, type TopicPartition } from '../topics.ts'
import { retry, type RetryOptions } from '../retry.ts'
import { bundleIndex, bundlePrefix } from './bundle.ts'
import { type CommitRecord, placesOf } from './record.ts'

/**
 * Delete a lane's bundles that nothing can need any more: not the state, the carried objects, the small objects or the messages of its newest record, and not a merging
 * lane, which has taken the partials of every record up to `merged`. Bundles of commits that are still to come are left alone, whoever made them.
 *
 * @param record the lane's newest record, all of it published
 * @returns how many were deleted
 */
export async function collectBundles(
  record: CommitRecord,
  merged: number,
  store: ObjectStore,
  options: RetryOptions,
): Promise<number> {
  const dead = await deadBundles(record, merged, store)
  if (dead.length > 0) await retry(() => store.delete(dead), options)
  return dead.length
}

/** The bundles that `collectBundles` deletes. */
export async function deadBundles(
  record: CommitRecord,
  merged: number,
  store: ObjectStore,
): Promise<string[]> {
  const needed = bundlesOf(record)
  const last = Math.min(record.index, merged)
  const dead: string[] = []
  for await (const key of store.list(bundlePrefix(record.lane)))
    if (bundleIndex(key) <= last && !needed.has(key)) dead.push(key)
  return dead
}

/** The bundles that a record refers to. */
export function bundlesOf({
  state,
  carried,
  open = {},
  objects,
  outbox = [],
  partials,
}: Pick<
  CommitRecord,
  'state' | 'carried' | 'open' | 'objects' | 'outbox' | 'partials'
>): Set<string> {
  const bundles = new Set<string>()
  for (const segments of Object.values(state))
    for (const { bundle } of segments) bundles.add(bundle)
  for (const { segments } of carried) for (const { bundle } of segments) bundles.add(bundle)
  for (const { runs } of Object.values(open))
    for (const { spans, index } of runs)
      for (const { bundle } of [...spans, index]) bundles.add(bundle)
  for (const { staged } of objects) for (const { bundle } of placesOf(staged)) bundles.add(bundle)
  for (const { segments } of outbox) for (const { bundle } of segments) bundles.add(bundle)
  for (const { ranges } of Object.values(partials ?? {}))
    for (const segment of ranges) if (segment) bundles.add(segment.bundle)
  return bundles
}

/** The index up to which every merging lane has taken an upstream lane's records; `Infinity` where nothing is exchanged. */
export function mergedUpTo(lane: TopicPartition, merging: readonly CommitRecord[]): number {
  return Math.min(Infinity, ...merging.map(({ vector }) => vector?.[idOf(lane)]?.index ?? 0))
}
