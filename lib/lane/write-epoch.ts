import type { Bundle } from '../commit/bundle.ts'
import type { CarriedObject, CommitRecord, StagedObject } from '../commit/record.ts'
import { writePartials } from '../exchange/ranges.ts'
import type { Account } from '../memory.ts'
import type { Snapshot } from '../state/snapshot.ts'
import type { Cut } from './cut.ts'

/** What a commit record says of its epoch. */
export type EpochFacts = Cut['facts'] &
  Pick<CommitRecord, 'recorded' | 'state' | 'stateHash' | 'carried' | 'objects' | 'partials'>

/**
 * Stage all that an epoch came to: large objects in uploads, what was answered from outside in an object of its own, everything else in the bundle. The
 * two are still to be saved.
 */
export async function writeEpoch(
  cut: Cut,
  snapshot: Snapshot,
  ranges: number,
  bundle: Bundle,
  answers: Bundle,
  memory: Account,
): Promise<EpochFacts> {
  const objects: StagedObject[] = []
  const carried: CarriedObject[] = []
  for (const sink of cut.sinks) {
    const staged = await sink.stage(bundle, memory)
    objects.push(...staged.objects)
    carried.push(...staged.carried)
  }
  const partials = Object.fromEntries(
    cut.partials.map(({ id, watermark, partials: all }) => [
      id,
      { watermark, ranges: writePartials(all, ranges, bundle) },
    ]),
  )
  return {
    ...cut.facts,
    recorded: {
      ...cut.recorded,
      ...(cut.answers.length > 0 && {
        answers: Object.fromEntries(cut.answers.map(({ id, bytes }) => [id, answers.add(bytes)])),
      }),
    },
    state: snapshot.keep(cut.state, bundle),
    stateHash: cut.state.hash,
    carried,
    objects,
    partials,
  }
}
