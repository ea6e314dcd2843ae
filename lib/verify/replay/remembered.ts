import { bundlesOf } from '../../commit/collect.ts'
import type { CarriedObject, StateSegment } from '../../commit/record.ts'
import { retry } from '../../retry.ts'
import type { Replaying } from './replaying.ts'

/** What a lane remembers between epochs. */
export interface Memory {
  readonly state: Readonly<Record<string, readonly StateSegment[]>>
  readonly stateHash: string
  readonly carried: readonly CarriedObject[]
}

/** Whether what a lane remembered after a record, state and rows of open objects, is still there to be read back. */
export async function isRemembered(
  { state, carried }: Pick<Memory, 'state' | 'carried'>,
  { store, clock }: Pick<Replaying, 'store' | 'clock'>,
): Promise<boolean> {
  for (const bundle of bundlesOf({ state, carried, objects: [] }))
    if (!(await retry(() => store.head(bundle), { clock }))) return false
  return true
}
