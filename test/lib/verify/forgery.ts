import { createHash } from 'node:crypto'
import { Chain, recordKey } from '../../../lib/commit/chain.ts'
import {
  type CommitRecord,
  encode,
  type LaneName,
  sha256,
  type StagedObject,
} from '../../../lib/commit/record.ts'
import { type MemoryStore, virtualClock } from '../../../lib/testing.ts'

/** All records of a lane. */
export async function recordsOf(store: MemoryStore, lane: LaneName): Promise<CommitRecord[]> {
  const records: CommitRecord[] = []
  for await (const { record } of new Chain(lane, store, virtualClock()).records())
    records.push(record)
  return records
}

/** Change records of a lane as somebody would who covers it up: each one and all after it with hashes that fit. */
export async function forge(
  store: MemoryStore,
  lane: LaneName,
  change: (record: CommitRecord) => CommitRecord,
): Promise<void> {
  let prevHash: string | null = null
  for (const record of await recordsOf(store, lane)) {
    const bytes = encode({ ...change(record), prevHash })
    await store.put(recordKey(lane, record.index), bytes)
    prevHash = sha256(bytes)
  }
}

/** Change an object, and all that its lane's records say of its bytes: only the log knows better. Rows are lines. */
export async function forgeObject(
  store: MemoryStore,
  lane: LaneName,
  key: string,
  change: (text: string) => string,
): Promise<void> {
  const [there] = store.objects(key)
  if (!there) throw new Error(`no object at ${key}`)
  const bytes = Buffer.from(change(there.bytes.toString()))
  const { metadata } = there
  await store.put(key, bytes, { metadata })
  const rows = bytes.toString().replace(/\n$/, '')
  const forged = (object: StagedObject): StagedObject =>
    object.key === key
      ? {
          ...object,
          bytes: bytes.length,
          sha256: sha256(bytes),
          rowsHash: createHash('sha256').update(rows).digest('hex'),
        }
      : object
  await forge(store, lane, (record) => ({ ...record, objects: record.objects.map(forged) }))
}
