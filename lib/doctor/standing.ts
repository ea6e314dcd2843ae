import type { Clock } from '../clock.ts'
import { Chain, recordKey } from '../commit/chain.ts'
import { readable } from '../commit/pending.ts'
import type { CommitRecord, LaneName } from '../commit/record.ts'
import type { ObjectStore } from '../ports.ts'
import { readAhead } from '../read-ahead.ts'
import { retry } from '../retry.ts'
import { findLanes, type FoundLane, instancesIn, newestRecord } from '../verify/discovery.ts'
import { fenceOf } from './fence.ts'

/** Where a lane stands, by the two newest records of its chain. */
export interface Standing {
  readonly lane: LaneName
  /** Undefined where it cannot be read. */
  readonly newest: CommitRecord | undefined
  /** When the newest record was written, in ms by the store's clock; `-Infinity` where that is not known. */
  readonly written: number
  /** The same by the store's clock alone, which a record that was restored looks younger by. */
  readonly modified: number
  /** See `fenceOf`; `-Infinity` where it is not known. */
  readonly fence: number
  /** Prefixes under which its owner may begin uploads; undefined where that is not known, and it may be any. */
  readonly prefixes: readonly string[] | undefined
  /** Whether merging lanes take something of its records, which lies in its bundles; true where that is not known. */
  readonly exchanges: boolean
  /** Uploads that the newest record lists. */
  readonly pending: ReadonlySet<string>
}

/** Lanes that are asked about at a time. */
export const LANES_AT_ONCE = 8

/** Where all lanes of an instance stand. */
export async function standingsOf(
  instance: string,
  store: ObjectStore,
  clock: Clock,
): Promise<Standing[]> {
  const lanes = await Promise.all(
    ([1, 2] as const).map((stage) => findLanes(instance, stage, store, clock)),
  )
  const standings: Standing[] = []
  const look = ({ lane }: FoundLane): Promise<Standing> => standingOf(lane, store, clock)
  for await (const standing of readAhead(lanes.flat(), LANES_AT_ONCE, look))
    standings.push(standing)
  return standings
}

/** Where all lanes of all instances in the store stand: several may write under one prefix. */
export async function allStandings(store: ObjectStore, clock: Clock): Promise<Standing[]> {
  const standings: Standing[] = []
  for (const instance of await instancesIn(store, clock))
    standings.push(...(await standingsOf(instance, store, clock)))
  return standings
}

async function standingOf(lane: LaneName, store: ObjectStore, clock: Clock): Promise<Standing> {
  const newest = await newestRecord(lane, store, clock)
  if (!newest) return { lane, newest, ...UNKNOWN }
  const before = await readable(new Chain(lane, store, clock), newest.index - 1)
  const modified = await Promise.all(
    [newest, before].map((record) => modifiedAt(record, store, clock)),
  )
  const commit = [newest, before].find((record) => record?.kind === 'commit')
  const times = {
    newest: writtenAt(newest, modified[0]!),
    before: before ? writtenAt(before, modified[1]!) : -Infinity,
  }
  return {
    lane,
    newest,
    written: times.newest,
    modified: modified[0]!,
    fence: fenceOf(newest, times),
    prefixes: newest.prefixes,
    exchanges: Object.keys(commit?.partials ?? { unknown: [] }).length > 0,
    pending: new Set(uploadsIn(newest)),
  }
}

const UNKNOWN = {
  written: -Infinity,
  modified: -Infinity,
  fence: -Infinity,
  prefixes: undefined,
  exchanges: true,
  pending: new Set<string>(),
}

/** Ids of the uploads that a record lists. */
const uploadsIn = ({ objects }: CommitRecord): string[] =>
  objects.flatMap(({ staged }) => (staged.in === 'upload' ? [staged.uploadId] : []))

/**
 * When a record was written: by the store's clock, and not after the time that its writer gave it, for one that was restored looks younger to the store
 * than it is.
 */
const writtenAt = ({ at }: CommitRecord, modified: number): number =>
  Math.min(modified, Date.parse(at))

/** When a record was written by the store's clock; `-Infinity` where that is not known. */
async function modifiedAt(
  record: CommitRecord | undefined,
  store: ObjectStore,
  clock: Clock,
): Promise<number> {
  if (!record) return -Infinity
  const there = await retry(() => store.head(recordKey(record.lane, record.index)), { clock })
  return there?.modified ?? -Infinity
}
