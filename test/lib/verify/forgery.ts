import { createHash } from 'node:crypto'
import { systemClock } from '../../../lib/clock.ts'
import { Chain, recordKey } from '../../../lib/commit/chain.ts'
import {
  type CommitRecord,
  encode,
  type LaneName,
  sha256,
  type StagedObject,
} from '../../../lib/commit/record.ts'
import type { ObjectStore } from '../../../lib/ports.ts'
import { framingOf } from '../../../lib/verify/framing.ts'
import { RowReader } from '../../../lib/verify/rows.ts'

/** All records of a lane. */
export async function recordsOf(store: ObjectStore, lane: LaneName): Promise<CommitRecord[]> {
  const records: CommitRecord[] = []
  for await (const { record } of new Chain(lane, store, systemClock).records()) records.push(record)
  return records
}

/** Change records of a lane as somebody would who covers it up: each one and all after it with hashes that fit. */
export async function forge(
  store: ObjectStore,
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

/** Change an object, and all that its lane's records say of its bytes: only the log knows better. */
export async function forgeObject(
  store: ObjectStore,
  lane: LaneName,
  key: string,
  change: (text: string) => string,
): Promise<void> {
  const [there, about] = [await store.get(key), await store.head(key)]
  if (!there || !about) throw new Error(`no object at ${key}`)
  const bytes = Buffer.from(change(there.toString()))
  await store.put(key, bytes, { metadata: about.metadata })
  const forged = (object: StagedObject): StagedObject =>
    object.key === key
      ? {
          ...object,
          bytes: bytes.length,
          sha256: sha256(bytes),
          rowsHash: rowsHashOf(bytes, object),
        }
      : object
  await forge(store, lane, (record) => ({ ...record, objects: record.objects.map(forged) }))
}

function rowsHashOf(bytes: Buffer, { contentType }: StagedObject): string {
  const reader = new RowReader(contentType)
  const rows = [...reader.push(bytes), ...reader.end()].map(String)
  const [separator] = framingOf(contentType)?.separators ?? []
  return createHash('sha256').update(rows.join(separator)).digest('hex')
}
