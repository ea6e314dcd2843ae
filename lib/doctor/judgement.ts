import { bundleIndex, isBundle } from '../commit/bundle.ts'
import { SYSTEM } from '../commit/chain.ts'
import { type Duration, minutes } from '../duration.ts'
import type { OpenUpload } from '../ports.ts'
import type { Standing } from './standing.ts'

/** The servers of one store may have clocks that differ by so much. */
const MARGIN: Duration = minutes(15)

/** What is known when an upload is judged. Lanes have to be read after the uploads were listed: one that is claimed later begins its own. */
export interface Circumstances {
  /** Of all instances of the store. */
  readonly standings: readonly Standing[]
  /** The store's clock, in ms. */
  readonly now: number
  /** Younger ones are left alone, whatever else is known. */
  readonly olderThan: Duration
}

/** What is to be thought of an open upload. */
export type Judgement =
  /** The newest record of a lane lists it. */
  | { readonly is: 'pending' }
  /** It may be of an epoch that this lane has not committed yet. */
  | { readonly is: 'held'; readonly by: Standing }
  | { readonly is: 'young' }
  /** No record can need it. */
  | { readonly is: 'orphaned' }

/** Judge an open upload. What is orphaned stays so, whatever happens from now on. */
export function judge(upload: OpenUpload, circumstances: Circumstances): Judgement {
  const { standings, now, olderThan } = circumstances
  if (standings.some(({ pending }) => pending.has(upload.uploadId))) return { is: 'pending' }
  const by = standings.find((standing) => mayCommit(standing, upload))
  if (by) return { is: 'held', by }
  return { is: now - upload.begun < olderThan ? 'young' : 'orphaned' }
}

/** Whether a record to come of a lane may list an upload that its newest one does not. */
function mayCommit(standing: Standing, { key, begun }: OpenUpload): boolean {
  const { lane, newest, fence, prefixes } = standing
  // of a bundle, before it has been saved: only the commit that it is made for can name it
  if (key.startsWith(SYSTEM))
    return isBundle(key, lane) && !(newest && bundleIndex(key) <= newest.index)
  if (prefixes && !prefixes.some((prefix) => isUnder(key, prefix))) return false
  return begun + MARGIN >= fence
}

/** Whether a key lies under a sink's prefix, which may be empty. */
export const isUnder = (key: string, prefix: string): boolean =>
  prefix === '' || key.startsWith(`${prefix}/`)
