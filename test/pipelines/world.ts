import { seconds } from '../../lib/duration.ts'
import type { Log, NewRecord, ObjectStore } from '../../lib/ports.ts'
import { type RunOptions, runPipeline } from '../../lib/run/run.ts'
import type { Summary } from '../../lib/run/tally.ts'
import {
  type MemoryLog,
  memoryLog,
  type MemoryLogOptions,
  type MemoryStore,
  type MemoryStoreOptions,
  memoryStore,
  type VirtualClock,
  virtualClock,
} from '../../lib/testing.ts'
import { TOPIC, type View, viewsPipeline } from './views.ts'

/** All that is outside of a pipeline: what remains when a process is gone. */
export interface World {
  readonly clock: VirtualClock
  readonly log: MemoryLog
  readonly store: MemoryStore
}

/** A topic without records, and an empty store. */
export async function newWorld(
  partitions: number,
  options?: MemoryLogOptions,
  storeOptions?: MemoryStoreOptions,
): Promise<World> {
  const clock = virtualClock()
  const log = memoryLog({ clock, batchRecords: 50, ...options })
  await log.create(TOPIC, partitions)
  return { clock, log, store: memoryStore({ clock, ...storeOptions }) }
}

export async function append({ log }: World, records: readonly NewRecord[]): Promise<void> {
  const producer = await log.producer(TOPIC)
  await producer.append(records)
  await producer.close()
}

/** An event as its producer writes it: keyed by its identity. */
export const recordOf = (view: View, partition?: number): NewRecord => ({
  key: view.id,
  value: JSON.stringify(view),
  ...(partition !== undefined && { partition }),
})

export type Settings = Partial<RunOptions> & { log?: Log; store?: ObjectStore }

/** The options of a run in a world, where nothing else is said. */
export const settings = ({ clock, log, store }: World, other: Settings = {}): RunOptions => ({
  pipeline: viewsPipeline(),
  log,
  store,
  clock,
  untilEnd: true,
  commitEvery: seconds(10),
  memory: 64 * 1024 * 1024,
  signal: new AbortController().signal,
  ...other,
})

/** Run to the end of what is in the log now. */
export const runToEnd = (world: World, other?: Settings): Promise<Summary> =>
  world.clock.run(runPipeline(settings(world, other)))
