import type { Bundle } from '../commit/bundle.ts'
import { isOpenState, sha256, type StateSegment } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { retry, type RetryOptions } from '../retry.ts'
import type { Delta, Store } from './store.ts'

/** Segments of one store after which its base is written anew, so that a restart reads few. */
const MOST_SEGMENTS = 64

/** Deltas may outgrow the base that they follow, unless they are as small as this. */
const SMALL = 256 * 1024

/** A store's change, taken in the sweep, not yet anywhere. */
interface Change extends Delta {
  readonly store: string
  readonly kind: 'base' | 'delta'
}

/** What a sweep over all stores of a lane found, as of that moment. */
export interface StateChange {
  readonly changes: readonly Change[]
  /** By store: what it has forgotten by then. */
  readonly horizons: Readonly<Record<string, number>>
  /** Over the history of changes: two runs that changed their state alike, epoch by epoch, have the same. */
  readonly hash: string
}

/** What a lane's stores must be read back from: segments by store, as its newest record lists them. */
export class Snapshot {
  #segments: Readonly<Record<string, readonly StateSegment[]>>
  #hash: string

  constructor(segments: Readonly<Record<string, readonly StateSegment[]>> = {}, hash = '') {
    this.#segments = segments
    this.#hash = hash
  }

  /** Take what changed in every store since the last sweep. Synchronous: nothing may happen in between. */
  sweep(stores: ReadonlyMap<string, Store>): StateChange {
    const changes: Change[] = []
    const horizons: Record<string, number> = {}
    for (const [id, store] of stores) {
      horizons[id] = store.horizon
      const wantsBase = isLong(this.#segments[id] ?? [], store.horizon)
      const delta = store.delta()
      // what a sink keeps follows from rows, which have hashes of their own
      if (delta && !isOpenState(id)) this.#hash = sha256(this.#hash, id, '\n', delta.bytes)
      if (wantsBase) changes.push({ ...store.base(), store: id, kind: 'base' })
      else if (delta) changes.push({ ...delta, store: id, kind: delta.whole ? 'base' : 'delta' })
    }
    return { changes, horizons, hash: this.#hash }
  }

  /** Put what a sweep found into the epoch's bundle; says from what the state is to be read back then. */
  keep(
    { changes, horizons }: StateChange,
    bundle: Bundle,
  ): Readonly<Record<string, readonly StateSegment[]>> {
    const segments: Record<string, readonly StateSegment[]> = {}
    for (const [id, all] of Object.entries(this.#segments))
      segments[id] = all.filter((segment) => isNeeded(segment, horizons[id] ?? -Infinity))
    for (const { store, kind, bytes, until } of changes) {
      const segment = { ...bundle.add(bytes), kind, ...(until !== undefined && { until }) }
      segments[store] = kind === 'base' ? [segment] : [...(segments[store] ?? []), segment]
    }
    this.#segments = segments
    return segments
  }
}

const isNeeded = ({ until }: StateSegment, horizon: number): boolean =>
  until === undefined || until > horizon

function isLong(segments: readonly StateSegment[], horizon: number): boolean {
  const needed = segments.filter((segment) => isNeeded(segment, horizon))
  if (needed.length >= MOST_SEGMENTS) return true
  const [base, ...deltas] = needed
  if (base === undefined || base.until !== undefined) return false
  const grown = deltas.reduce((sum, { from, to }) => sum + to - from, 0)
  return grown > SMALL && grown > base.to - base.from
}

/** Read every store back as the segments say. */
export async function restore(
  segments: Readonly<Record<string, readonly StateSegment[]>>,
  stores: ReadonlyMap<string, Store>,
  objects: ObjectStore,
  options: RetryOptions,
): Promise<void> {
  for (const [id, store] of stores) {
    const pieces = await Promise.all(
      (segments[id] ?? []).map((segment) => retry(() => read(segment, id, objects), options)),
    )
    for (const bytes of pieces) store.apply(bytes)
    store.delta()
  }
}

/** The bytes of a segment, proved. */
async function read(segment: StateSegment, id: string, objects: ObjectStore): Promise<Buffer> {
  const { bundle, from, to } = segment
  const bytes = await objects.get(bundle, { from, to })
  if (!bytes || sha256(bytes) !== segment.sha256)
    throw new SluiceError(
      'corrupt',
      `the state of ${id} in ${bundle} of ${objects.place} is ${bytes ? 'altered' : 'gone'}; restore that object, or start another instance with --name`,
    )
  return bytes
}
