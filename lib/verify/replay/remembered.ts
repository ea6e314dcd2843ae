import { bundlesOf } from '../../commit/collect.ts'
import type { CommitRecord, StateSegment } from '../../commit/record.ts'
import type { EpochFacts } from '../../lane/write-epoch.ts'
import { retry } from '../../retry.ts'
import type { Replaying } from './replaying.ts'

/** What a lane remembers between epochs. */
export interface Memory {
  /** The lowest version of the records that it comes from. Version 1 kept open objects in another way. */
  readonly v: number
  readonly state: Readonly<Record<string, readonly StateSegment[]>>
  readonly stateHash: string
  readonly carried: CommitRecord['carried']
  readonly open?: CommitRecord['open']
}

/** What a lane remembers after an epoch that was run again. */
export const memoryAfter = (
  { v }: CommitRecord,
  { state, stateHash, carried, open }: EpochFacts,
  before: Memory,
): Memory => ({ v: Math.min(v, before.v), state, stateHash, carried, open })

/** Whether what a lane remembered after a record, state and rows of open objects, is still there to be read back. */
export async function isRemembered(
  { state, carried, open }: Pick<Memory, 'state' | 'carried' | 'open'>,
  { store, clock }: Pick<Replaying, 'store' | 'clock'>,
): Promise<boolean> {
  for (const bundle of bundlesOf({ state, carried, ...(open && { open }), objects: [] }))
    if (!(await retry(() => store.head(bundle), { clock }))) return false
  return true
}
