import { SluiceError } from '../errors.ts'
import type { Store } from '../state/store.ts'

/** The most of the budget that state may take: the rest has to hold what is read and written. */
const MOST_STATE = 0.8

/** @throws SluiceError 'memory' that names the operator with the most state */
export function checkState(
  stores: ReadonlyMap<string, Store>,
  memory: number,
  limit: number,
): void {
  if (memory <= limit * MOST_STATE) return
  const [[id, store] = ['', undefined]] = [...stores].sort(([, a], [, b]) => b.memory - a.memory)
  const mega = (bytes: number | undefined): string => `${Math.round((bytes ?? 0) / 1024 ** 2)} MB`
  throw new SluiceError(
    'memory',
    `${id} holds ${mega(store?.memory)} of state, and the budget for data is ${mega(limit)}: raise --memory, or let it remember less`,
  )
}
