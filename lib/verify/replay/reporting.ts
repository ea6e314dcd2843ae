import type { CommitRecord, StagedObject } from '../../commit/record.ts'
import { messageOf } from '../../errors.ts'
import { retry } from '../../retry.ts'
import { idOf } from '../../topics.ts'
import { labelOf } from '../context.ts'
import type { Difference } from './differences.ts'
import type { EpochInput } from './epoch-input.ts'
import { originOf } from './origin.ts'
import type { Replaying } from './replaying.ts'
import type { Memory } from './remembered.ts'
import type { Rerun, Rerunning } from './rerun.ts'
import { firstRowDifference, type RowDifference, shownApart } from './row-difference.ts'

/** An epoch that came to something else, with all that it takes to run it once more. */
export interface ReportedEpoch {
  readonly record: CommitRecord
  readonly before: CommitRecord
  /** What the lane remembered before it. */
  readonly memory: Memory
  readonly rerun: Rerun
  readonly rerunning: Rerunning
  readonly input: EpochInput
}

/** Findings after which objects are not read once more for the first row that differs: where the pipeline has changed, all do. */
const NARROWED = 20

/** Report a difference, narrowed down to a row where it is about one. */
export async function report(
  difference: Difference,
  epoch: ReportedEpoch,
  replaying: Replaying,
): Promise<void> {
  const { objects, what } = difference
  const [recorded, now] = shownApart(difference.recorded, difference.now)
  const sentence = `${what}: recorded is ${recorded}; run again, its epoch comes to ${now}`
  if (!objects || replaying.findings.count >= NARROWED)
    return add(epoch.record, sentence, replaying)
  const there = await retry(() => replaying.store.read(objects.recorded.key), replaying)
  if (!there) return add(epoch.record, `${sentence}; it is not there to be compared`, replaying)
  const row = await firstRowDifference(
    there,
    epoch.rerun.bytesOf(objects.now, epoch.rerunning),
    objects.recorded,
  )
  if (row)
    return add(epoch.record, await rowSentence(row, objects.now, epoch, replaying), replaying)
  // only a compressor of another version
  if (objects.recorded.rowsHash === objects.now.rowsHash) return
  add(
    epoch.record,
    `${what}: its rows are right, but its record has another hash of them`,
    replaying,
  )
}

/** Report that an epoch cannot be run again at all. */
export const reportFailure = (record: CommitRecord, error: Error, replaying: Replaying): void =>
  add(record, `run again, its epoch stops: ${messageOf(error)}`, replaying)

async function rowSentence(
  row: RowDifference,
  object: StagedObject,
  epoch: ReportedEpoch,
  replaying: Replaying,
): Promise<string> {
  const [recorded, now] = shownApart(row.recorded, row.now)
  const origin = row.now && (await originOf(row.now, object, epoch, replaying))
  const { firstOffset, lastOffset, key } = object
  const lane = idOf(epoch.record.lane)
  const within = firstOffset < 0 ? '' : `, in an object of ${lane}@${firstOffset} to ${lastOffset}`
  const made = origin === undefined ? within : `, made of ${origin}`
  return `object ${key}, ${row.place}: it is ${recorded}; run again, its epoch comes to ${now}${made}`
}

function add(record: CommitRecord, what: string, { findings, pipeline }: Replaying): void {
  findings.add({
    kind: 'different',
    where: `${labelOf(record.lane)} record ${record.index}`,
    what,
    advice:
      `pipelines/${pipeline.name}.ts, or sluice itself, may have changed since ${record.at}, or the pipeline asks for a clock, a random number or ` +
      `something else from outside; if not, somebody has altered the object and its record: compare both with a version of the bucket or a backup`,
  })
}
