import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { systemPrefix } from '../commit/chain.ts'
import { probePrefix } from '../commit/probe.ts'
import type { Duration } from '../duration.ts'
import { type ObjectStore, type OpenUpload, StoreError } from '../ports.ts'
import { retry } from '../retry.ts'
import { labelOf } from '../verify/context.ts'
import type { Finding } from './finding.ts'
import { judge } from './judgement.ts'
import { Ownership } from './ownership.ts'
import { allStandings, type Standing } from './standing.ts'

export interface UploadsOptions {
  /** Name of the instance, and its random id. */
  readonly name: string
  readonly id: string
  readonly store: ObjectStore
  readonly clock: Clock
  /** The store's clock, in ms. */
  readonly now: number
  readonly olderThan: Duration
}

/** What came of looking for uploads that nobody will complete. */
export interface UploadReport {
  readonly orphaned: readonly OpenUpload[]
  /** Old ones that an owner may still commit. */
  readonly held: readonly Finding[]
  /** Under the sinks' prefixes, and begun by others as far as one can know: not judged. */
  readonly foreign: { readonly count: number; readonly first?: OpenUpload }
  /** Why they could not be looked for. */
  readonly notChecked?: string
}

/** Look for open uploads of an instance that no record needs. */
export async function examineUploads(options: UploadsOptions): Promise<UploadReport> {
  const { name, id, store, clock, olderThan, now } = options
  const listed = await openUploads(options)
  if (typeof listed === 'string') return { ...NOTHING, notChecked: listed }
  if (listed.length === 0) return NOTHING
  // after the listing: see `Circumstances`
  const standings = await allStandings(store, clock)
  const own = standings.filter(({ lane }) => lane.pipeline === name)
  const ownership = new Ownership(name, id, own)
  const orphaned: OpenUpload[] = []
  const held: Finding[] = []
  const foreign: OpenUpload[] = []
  for (const upload of listed) {
    const judgement = judge(upload, { standings, now, olderThan })
    const isOld = now - upload.begun >= olderThan
    if (!isOld || judgement.is === 'pending' || judgement.is === 'young') continue
    if (!(await ownership.isOurs(upload.key, store, clock))) {
      if (ownership.isNear(upload.key)) foreign.push(upload)
    } else if (judgement.is === 'held') held.push(heldBy(judgement.by, upload))
    else orphaned.push(upload)
  }
  const [first] = foreign
  return { orphaned, held, foreign: { count: foreign.length, ...(first && { first }) } }
}

const NOTHING: UploadReport = { orphaned: [], held: [], foreign: { count: 0 } }

/**
 * Abort the uploads that were found to be orphaned, after another look at every chain.
 *
 * @returns those that were
 */
export async function removeUploads(
  orphaned: readonly OpenUpload[],
  { store, clock, now, olderThan }: UploadsOptions,
): Promise<OpenUpload[]> {
  if (orphaned.length === 0) return []
  const standings = await allStandings(store, clock)
  const removed: OpenUpload[] = []
  for (const upload of orphaned) {
    if (judge(upload, { standings, now, olderThan }).is !== 'orphaned') continue
    await retry(() => store.abortUpload(upload.key, upload.uploadId), { clock })
    removed.push(upload)
  }
  return removed
}

export const orphanFinding = ({ key, begun }: OpenUpload): Finding => ({
  kind: 'orphaned upload',
  where: key,
  what: 'it was begun by an owner that died or was fenced, and no record lists it or will',
  advice: '--remove aborts it',
  since: begun,
})

function heldBy({ lane, newest }: Standing, { key, begun }: OpenUpload): Finding {
  const owner = newest ? `${newest.host}, whose last record is of ${newest.at}` : 'nobody knows who'
  return {
    kind: 'orphaned upload',
    where: key,
    what: `no record lists it, but the owner of ${lane.pipeline} ${labelOf(lane)} (${owner}) may still commit it`,
    advice: 'it can be removed after the next two commits of that lane, or when it is claimed anew',
    since: begun,
  }
}

/** All open uploads of the bucket, or why they cannot be known. */
async function openUploads({ name, store, clock }: UploadsOptions): Promise<OpenUpload[] | string> {
  try {
    const found = await listUploads(store, clock)
    if (found.length > 0 || (await listsAny(name, store, clock))) return found
    return `open uploads: ${store.place} does not list them, or those of one whole key only`
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (!(cause instanceof StoreError)) throw error
    return `open uploads: ${cause.message}`
  }
}

const listUploads = (store: ObjectStore, clock: Clock): Promise<OpenUpload[]> =>
  retry(
    async () => {
      const found: OpenUpload[] = []
      for await (const upload of store.uploads('')) found.push(upload)
      return found
    },
    { clock },
  )

/** Try it: begin one that nobody will see. Whoever may not is believed. */
async function listsAny(name: string, store: ObjectStore, clock: Clock): Promise<boolean> {
  const key = `${probePrefix(systemPrefix(name))}${randomUUID()}`
  try {
    const uploadId = await retry(() => store.createUpload(key), { clock })
    const found = await listUploads(store, clock)
    await retry(() => store.abortUpload(key, uploadId), { clock })
    return found.some((upload) => upload.key === key)
  } catch (error) {
    if (error instanceof Error && error.cause instanceof StoreError) return true
    throw error
  }
}
