import type { MemoryLogOptions } from '../../lib/testing.ts'
import { problemsOf } from '../pipelines/audit.ts'
import { contentsOf, differences } from '../pipelines/contents.ts'
import { expectedOf } from '../pipelines/expected.ts'
import { inputOf } from '../pipelines/input.ts'
import { append, newWorld, type Settings, type World } from '../pipelines/world.ts'

/** An epoch ends after every chunk, so that a small input makes many. */
export const manyEpochs: Settings = { commitEvery: 0 }

export interface Scene extends MemoryLogOptions {
  readonly partitions?: number
  readonly records?: number
  readonly seed?: number
}

/** A world whose log is filled: the same one for the same scene. */
export async function worldOf({
  partitions = 2,
  records = 48,
  seed = 3,
  ...options
}: Scene = {}): Promise<World> {
  const world = await newWorld(partitions, { batchRecords: 7, ...options })
  await append(world, inputOf({ seed, records, late: 0.1, duplicates: 0.25 }))
  return world
}

/** What is wrong in a world in which every run is over; empty when the bucket is that of an undisturbed run. */
export async function wrongIn({ log, store }: World): Promise<string[]> {
  return [...differences(contentsOf(store), await expectedOf(log)), ...problemsOf(store)]
}
