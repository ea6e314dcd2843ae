import { Account, Budget } from '../../lib/memory.ts'
import type { SinkBinding } from '../../lib/sink.ts'
import { memoryStore, virtualClock } from '../../lib/testing.ts'

/** What a lane gives a sink: a store in memory, and memory without end. */
export function sinkBinding(
  own: Pick<SinkBinding, 'lane' | 'reject' | 'arrived'> & Partial<SinkBinding>,
): SinkBinding {
  return {
    instance: 'a1b2c3',
    store: memoryStore(),
    retry: { clock: virtualClock() },
    memory: new Account(new Budget(Infinity)),
    share: () => Infinity,
    losesUploads: false,
    carries: true,
    committed: () => Promise.resolve(),
    published: () => Promise.resolve(),
    epoch: () => ({ commit: 1, owner: 'me', tick: 0 }),
    ...own,
  }
}
