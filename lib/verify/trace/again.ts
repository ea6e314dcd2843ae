import type { CommitRecord } from '../../commit/record.ts'
import { readInstance } from '../../commit/instance.ts'
import { SluiceError } from '../../errors.ts'
import { framesOf, type ObjectFrame, valuesOf } from '../../run/blueprint.ts'
import type { PlacedRow } from '../../sink.ts'
import { Findings } from '../finding.ts'
import { NotCheckable } from '../replay/epoch-input.ts'
import { folderOf } from '../record-audit.ts'
import { rerunWatched } from '../replay/one-epoch.ts'
import { Replaying } from '../replay/replaying.ts'
import type { PathTrace } from './fate.ts'
import type { FindOptions, FindReplay } from './find.ts'
import { lookAt } from './look-at.ts'
import type { Place, Wanted } from './look.ts'
import type { Candidate } from './places.ts'
import { type PathFate, RecordWatch } from './record-watch.ts'

/** What the epoch of a record came to when it ran again. */
export interface Again {
  /** Undefined where it could not run. */
  readonly fates?: readonly PathFate[]
  readonly why?: string
  /** By sink, what the pipeline's objects are written in; none where it is not known. */
  readonly frames: ReadonlyMap<string, ObjectFrame>
}

/** Run the epoch of a record again, as far as that can be. */
export async function fatesAgain(
  commit: CommitRecord,
  offset: number,
  options: FindOptions,
): Promise<Again> {
  const { replay } = options
  if (!replay) return { frames: new Map() }
  let frames: Again['frames'] = new Map()
  try {
    const built = await builtNow(commit, options, replay)
    frames = built.frames
    const watch = new RecordWatch(offset)
    const rerun = await rerunWatched(commit, watch, built.replaying)
    rerun.close()
    return { fates: watch.fates(rerun), frames }
  } catch (error) {
    if (error instanceof NotCheckable) return { why: error.message, frames }
    throw error
  }
}

/** The pipeline as it is now, with the options of then. @throws NotCheckable where there is none */
async function builtNow(
  { lane, options = [] }: CommitRecord,
  { store, log, clock }: FindOptions,
  replay: FindReplay,
): Promise<{ readonly replaying: Replaying; readonly frames: Again['frames'] }> {
  const instance = await readInstance(lane.pipeline, store, clock)
  const { definition = lane.pipeline, lanes: ranges = [] } = instance ?? {}
  try {
    const pipeline = await replay.pipelineOf(definition)
    if (!pipeline) throw new NotCheckable(`there is no pipelines/${definition}.ts`)
    const { scratch } = replay
    const findings = new Findings()
    return {
      replaying: new Replaying({ pipeline, store, scratch, log, clock, ranges, findings }),
      frames: framesOf(pipeline, valuesOf(pipeline, Object.fromEntries(options))),
    }
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'config') throw error
    throw new NotCheckable(error.message)
  }
}

/**
 * The objects that rows have been put into, as what they are by now.
 *
 * @returns undefined where the commit has other objects
 */
export async function placed(
  fates: readonly PathFate[],
  candidates: readonly Candidate[],
  wanted: Wanted,
): Promise<PathTrace[] | undefined> {
  const traces: PathTrace[] = []
  for (const { rows, ...fate } of fates) {
    const places: Place[] = []
    for (const row of rows) {
      const candidate = candidates.find((each) => hasTaken(each, row))
      if (!candidate) return undefined
      places.push(await lookAt(candidate, row, wanted))
    }
    traces.push({ ...fate, places })
  }
  return traces
}

/** An object that stayed open is the one that has begun there, under that name. */
function hasTaken(
  { state, object, stayedOpen }: Candidate,
  { sink, object: { folder, name, named, firstOffset } }: PlacedRow,
): boolean {
  if (object.sink !== sink) return false
  if (!stayedOpen) return state === 'closed' && object.key === named?.key
  if (named || object.firstOffset !== firstOffset) return false
  return state === 'open'
    ? object.folder === folder && (object.name ?? '') === name
    : object.key.startsWith([folderOf({ sink, folder }), name].join('/'))
}
