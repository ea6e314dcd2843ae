import { deadBundles, mergedUpTo } from '../commit/collect.ts'
import type { Clock } from '../clock.ts'
import type { CommitRecord } from '../commit/record.ts'
import type { Duration } from '../duration.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { labelOf } from '../verify/context.ts'
import type { Finding } from './finding.ts'
import type { Standing } from './standing.ts'

export interface BundlesOptions {
  /** Of all lanes of the instance. */
  readonly standings: readonly Standing[]
  /** How many lanes merge, once they have been claimed. */
  readonly ranges: number
  readonly store: ObjectStore
  readonly clock: Clock
  /** The store's clock, in ms. */
  readonly now: number
  /** Lanes that have written a record since then look after their bundles themselves. */
  readonly olderThan: Duration
}

/** Bundles of lanes at rest that no record needs, by lane. */
export async function unneededBundles(
  options: BundlesOptions,
): Promise<(readonly [CommitRecord, string[]])[]> {
  const { standings, ranges, store, clock, now, olderThan } = options
  const merging = standings.flatMap(({ lane, newest }) =>
    lane.stage === 2 && newest ? newest : [],
  )
  const found: (readonly [CommitRecord, string[]])[] = []
  for (const { lane, newest, written, exchanges } of standings) {
    if (!newest || now - written < olderThan) continue
    const mergedHere = merging.length === ranges ? mergedUpTo(lane, merging) : 0
    const merged = lane.stage === 1 && (exchanges || merging.length > 0) ? mergedHere : Infinity
    const dead = await retry(() => deadBundles(newest, merged, store), { clock })
    if (dead.length > 0) found.push([newest, dead])
  }
  return found
}

export const bundlesFinding = ({ lane, at }: CommitRecord, dead: readonly string[]): Finding => ({
  kind: 'unneeded bundles',
  where: labelOf(lane),
  what: `${dead.length} of its bundles hold nothing that its newest record needs, such as ${dead[0]}`,
  advice: '--remove deletes them, and so does a run that goes on for 30 seconds',
  since: Date.parse(at),
})
