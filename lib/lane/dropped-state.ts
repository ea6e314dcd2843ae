import { type CommitRecord, isOpenState } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import type { Fingerprints } from '../fingerprint.ts'
import { idOf } from '../topics.ts'
import { SOURCE_STATE } from './repeats.ts'

/**
 * What of a lane's state another pipeline has to give up, by operator and store: that of operators that are gone, or mean something else by it. One that is new
 * begins with none.
 *
 * @param allowed operators whose state may be given up
 * @throws SluiceError 'config' for those whose may not
 */
export function droppedFrom(
  record: CommitRecord,
  { fingerprint, keepers }: Fingerprints,
  allowed: readonly string[],
): readonly string[] {
  const kept = Object.keys(record.state).filter((id) => id !== SOURCE_STATE && !isOpenState(id))
  if (record.fingerprint === fingerprint || kept.length === 0) return []
  const changed = record.keepers
    ? Object.keys(record.keepers).filter((id) => record.keepers?.[id] !== keepers[id])
    : [...new Set(kept.map(operatorOf))]
  const refused = changed.filter((id) => !allowed.includes(id))
  if (refused.length > 0) throw others(record, refused, keepers)
  return kept.filter((id) => changed.includes(operatorOf(id)))
}

/** The operator whose store this is. */
const operatorOf = (id: string): string => id.slice(0, id.lastIndexOf('/'))

function others(
  { index, lane }: CommitRecord,
  refused: readonly string[],
  keepers: Fingerprints['keepers'],
): SluiceError {
  const why = refused.map((id) => `${id} ${id in keepers ? 'is another one' : 'is gone'}`)
  return new SluiceError(
    'config',
    `${idOf(lane)}: the pipeline's operators with state have changed since record ${index} of ${lane.pipeline}: ${why.join(', ')}. ` +
      `Take the change back; or give up what they remember with --drop-state ${refused.join()}; or start another instance with --name`,
  )
}

/** State without some of its stores. */
export const without = (
  state: CommitRecord['state'],
  dropped: readonly string[],
): CommitRecord['state'] =>
  Object.fromEntries(Object.entries(state).filter(([id]) => !dropped.includes(id)))
