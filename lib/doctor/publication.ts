import type { Clock } from '../clock.ts'
import { committedAt, isVisible, OVERDUE } from '../commit/pending.ts'
import type { CommitRecord, StagedObject } from '../commit/record.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { labelOf } from '../verify/context.ts'
import type { Finding } from './finding.ts'
import type { Standing } from './standing.ts'

/** Look whether what a lane's newest record lists is visible, or can still become so. */
export async function examinePublication(
  { newest, written }: Standing,
  now: number,
  store: ObjectStore,
  clock: Clock,
): Promise<Finding[]> {
  if (!newest || newest.objects.length === 0) return []
  const findings: Finding[] = []
  for (const object of newest.objects)
    if (await isGone(object, store, clock)) findings.push(lost(object, newest))
  if (findings.length > 0 || now - written < OVERDUE) return findings
  const waiting = await firstHidden(newest.objects, store, clock)
  return waiting ? [unpublished(waiting, newest, await committedAt(newest, store, clock))] : []
}

/** Whether an object waits in an upload that is there no more. */
async function isGone(object: StagedObject, store: ObjectStore, clock: Clock): Promise<boolean> {
  const { key, staged } = object
  if (staged.in !== 'upload') return false
  const isOpen = await retry(
    async () => {
      // by its whole key, which every store can do
      for await (const { uploadId } of store.uploads(key))
        if (uploadId === staged.uploadId) return true
      return false
    },
    { clock },
  )
  return !isOpen && !(await isVisible(object, store, clock))
}

async function firstHidden(
  objects: readonly StagedObject[],
  store: ObjectStore,
  clock: Clock,
): Promise<StagedObject | undefined> {
  for (const object of objects) if (!(await isVisible(object, store, clock))) return object
  return undefined
}

const offsetsOf = ({ firstOffset, lastOffset }: StagedObject): string =>
  firstOffset < 0 ? '' : `, offsets ${firstOffset} to ${lastOffset}`

const lost = (object: StagedObject, { lane, index, at }: CommitRecord): Finding => ({
  kind: 'lost upload',
  where: object.key,
  what: `it is committed (${labelOf(lane)} record ${index}${offsetsOf(object)}) and not visible, and its upload was removed: the next run stops at it`,
  advice:
    'look for a rule or a script that aborts incomplete uploads, and run the pipeline anew with --name to write these rows again',
  since: Date.parse(at),
})

const unpublished = (
  object: StagedObject,
  { lane, index, objects }: CommitRecord,
  since: number,
): Finding => ({
  kind: 'unpublished',
  where: object.key,
  what: `it is committed (${labelOf(lane)} record ${index}, one of ${objects.length}${offsetsOf(object)}) and not visible yet${object.staged.in === 'upload' ? '; its upload is lost when the bucket removes it' : ''}`,
  advice: 'run the pipeline: its start makes visible what is committed',
  since,
})
