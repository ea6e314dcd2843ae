import { definePipeline } from '../../lib/index.ts'
import type { MemoryLogOptions, MemoryStoreOptions, ProcessCall } from '../../lib/testing.ts'
import { map, parse } from '../../operators/index.ts'
import { problemsOf } from '../pipelines/audit.ts'
import { TOPIC } from '../pipelines/views.ts'
import { append, newWorld, type World } from '../pipelines/world.ts'

export const RECORDS = 12
const LARGE = 1.1 * 1024 ** 2

const settingsWith = (rotate: { rotate?: { records: number } }) => ({
  commitEvery: 0,
  pipeline: definePipeline('pictures', ({ kafka, s3 }) => {
    kafka({ topic: TOPIC, maxPollRecords: 1 })
      .through(parse<{ n: number }>())
      .through(map(({ n }) => ({ n, picture: `${n % 10}`.repeat(LARGE) })))
      .to(s3({ prefix: 'pictures', ...rotate }))
  }),
})

/** Every record becomes an object that goes up in an upload before its commit, and is completed after it. */
export const settings = settingsWith({})

/** The same, but they leave while the epoch before theirs is still to be committed. */
export const early = settingsWith({ rotate: { records: 1 } })

export async function worldOf(
  options?: MemoryLogOptions,
  partitions = 2,
  storeOptions?: MemoryStoreOptions,
): Promise<World> {
  const world = await newWorld(partitions, { batchRecords: 1, ...options }, storeOptions)
  const records = Array.from({ length: RECORDS }, (_, n) => ({
    key: null,
    value: JSON.stringify({ n }),
    partition: n % partitions,
  }))
  await append(world, records)
  return world
}

/** What is wrong with the pictures; empty when each is there once, as it was staged. */
export function wrongIn({ store }: World): string[] {
  const pictures = store
    .objects('pictures/')
    .map(({ bytes }) => Number(bytes.subarray(5, 7).toString().replace(',', '')))
  const all = Array.from({ length: RECORDS }, (_, n) => n)
  const times = (n: number): number => pictures.filter((other) => other === n).length
  const wrong = all
    .filter((n) => times(n) !== 1)
    .map((n) => `picture ${n} is there ${times(n)} times`)
  return [...wrong, ...problemsOf(store)]
}

/** Steps of an upload's life, from its beginning to its completion after the commit. */
export const isStep = ({ method, key }: ProcessCall): boolean =>
  /^(createUpload|uploadPart|completeUpload)$/.test(method) ||
  (method === 'put' && key.includes('/commits/'))
