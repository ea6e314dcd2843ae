import { chainsOf } from './audit.ts'
import { sha256 } from '../../lib/commit/record.ts'
import { byField, definePipeline } from '../../lib/index.ts'
import type { NewRecord } from '../../lib/ports.ts'
import type { Rotation } from '../../lib/s3/rotation.ts'
import type { MemoryStore } from '../../lib/testing.ts'
import { parse } from '../../operators/index.ts'
import { randomFrom } from './input.ts'
import { TOPIC } from './views.ts'

/** Events of many users, a folder for each. */
export const byUser = (rotate: Rotation) =>
  definePipeline('by-user', ({ kafka, s3 }) => {
    kafka({ topic: TOPIC })
      .through(parse<{ user: number }>())
      .to(s3({ prefix: 'users', partitionBy: byField('user'), rotate }))
  })

/** Events of so many users, in no order. */
export function eventsOf(users: number, records: number, seed = 1): NewRecord[] {
  const random = randomFrom(seed)
  return Array.from({ length: records }, (_, n) => ({
    key: String(n),
    value: JSON.stringify({ user: Math.floor(random() * users), n, pad: 'x'.repeat(n % 40) }),
  }))
}

/** Every object of the users: its key, what its metadata says, the hash of its bytes. */
export const objectsOf = (store: MemoryStore) =>
  store.objects('users').map(({ key, bytes, metadata }) => {
    const { 'sluice-commit': _, ...facts } = metadata
    return { key, ...facts, sha256: sha256(bytes) }
  })

/** Sizes of all commit records that list no object, and the number of all. */
export function recordsOf(store: MemoryStore): { all: number; sizes: number[] } {
  const records = [...chainsOf(store).values()].flat().map(({ record }) => record)
  const empty = records.filter(({ objects }) => objects.length === 0)
  return { all: records.length, sizes: empty.map((record) => JSON.stringify(record).length) }
}
