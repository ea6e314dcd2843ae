import type { Bundle } from '../commit/bundle.ts'
import type { Outbox } from '../commit/outbox.ts'
import type { CarriedObject, CommitRecord, OpenRows, StagedObject } from '../commit/record.ts'
import { writePartials } from '../exchange/ranges.ts'
import type { Account } from '../memory.ts'
import type { Snapshot } from '../state/snapshot.ts'
import type { Cut } from './cut.ts'

/** What a commit record says of its epoch. */
export type EpochFacts = Cut['facts'] &
  Pick<
    CommitRecord,
    'recorded' | 'state' | 'stateHash' | 'carried' | 'open' | 'objects' | 'outbox' | 'partials'
  >

/** What an epoch is written into. */
export interface Writing {
  /** Index of the commit. */
  readonly commit: number
  readonly bundle: Bundle
  readonly answers: Bundle
  /** What the epoch's output is charged to until it is published. */
  readonly memory: Account
  /** Of keys, in an exchange. */
  readonly ranges: number
  /** How many partitions a topic has now. */
  readonly partitions: (topic: string) => number
}

/**
 * Stage all that an epoch came to: large objects in uploads, what was answered from outside in an object of its own, everything else in the bundle. The
 * two are still to be saved.
 */
export async function writeEpoch(
  cut: Cut,
  snapshot: Snapshot,
  { commit, ranges, bundle, answers, memory, partitions }: Writing,
): Promise<EpochFacts> {
  const objects: StagedObject[] = []
  const carried: CarriedObject[] = []
  const open: Record<string, OpenRows> = {}
  const outbox: Outbox[] = []
  for (const { id, epoch } of cut.sinks) {
    const staged = await epoch.stage(bundle, memory)
    objects.push(...staged.objects)
    carried.push(...staged.carried)
    if (staged.open) open[id] = staged.open
    const { messages } = staged
    if (messages)
      outbox.push({
        ...messages,
        commit,
        tick: cut.recorded.tick,
        partitions: partitions(messages.topic),
      })
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
    open,
    objects,
    outbox,
    partials,
  }
}
