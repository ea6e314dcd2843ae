import test from 'ava'
import { Bundle } from '../../../lib/commit/bundle.ts'
import type { StateSegment } from '../../../lib/commit/record.ts'
import { json } from '../../../lib/state/codec.ts'
import { restore, Snapshot } from '../../../lib/state/snapshot.ts'
import { newStores, type Stores } from '../../../lib/state/stores.ts'
import { memoryStore, virtualClock } from '../../../lib/testing.ts'

const lane = { pipeline: 'p', topic: 't', partition: 0, stage: 1 } as const
const within = 10

const identity = (n: number): Uint32Array => new Uint32Array(4).fill(n)

/** A lane's state with the object store that it is kept in. */
const newLane = () => {
  const objects = memoryStore()
  const stores = newStores()
  const lane = {
    objects,
    stores,
    counts: stores.map('counts', json<number>()),
    kept: stores.identities('kept', { within }),
  }
  return { ...lane, snapshot: new Snapshot(), epoch: 0 }
}
type Lane = ReturnType<typeof newLane>

const commit = async (own: Lane): Promise<Readonly<Record<string, readonly StateSegment[]>>> => {
  const bundle = new Bundle(lane, own.epoch++, 'token')
  const segments = own.snapshot.keep(own.snapshot.sweep(own.stores.all), bundle)
  await bundle.save(own.objects)
  return segments
}

const readBack = async (
  own: Lane,
  segments: Readonly<Record<string, readonly StateSegment[]>>,
): Promise<Stores> => {
  const stores = newStores()
  stores.map('counts', json<number>())
  stores.identities('kept', { within })
  await restore(segments, stores.all, own.objects, { clock: virtualClock() })
  return stores
}

const bytesOf = (stores: Stores, name: string) => stores.all.get(name)?.base().bytes

test('what was committed is read back, over several epochs', async (t) => {
  const own = newLane()
  own.counts.set('a', 1)
  own.kept.keep(identity(1), 5)
  await commit(own)
  own.counts.set('b', 2)
  own.counts.delete('a')
  const segments = await commit(own)
  const stores = await readBack(own, segments)
  t.deepEqual(bytesOf(stores, 'counts'), bytesOf(own.stores, 'counts'))
  t.deepEqual(bytesOf(stores, 'kept'), bytesOf(own.stores, 'kept'))
})

test('an epoch that changed nothing adds no segment and keeps the hash', async (t) => {
  const own = newLane()
  own.counts.set('a', 1)
  const before = await commit(own)
  const { hash } = own.snapshot.sweep(own.stores.all)
  t.deepEqual(await commit(own), before)
  t.is(own.snapshot.sweep(own.stores.all).hash, hash)
})

test('equal histories have equal hashes, and another history another one', (t) => {
  const hashOf = (...values: number[]) => {
    const own = newLane()
    let hash = ''
    for (const value of values) {
      own.counts.set('a', value)
      hash = own.snapshot.sweep(own.stores.all).hash
    }
    return hash
  }
  t.is(hashOf(1, 2), hashOf(1, 2))
  t.not(hashOf(1, 2), hashOf(2, 1))
  t.not(hashOf(1, 2), hashOf(2))
})

test('what is forgotten for good is no longer listed', async (t) => {
  const own = newLane()
  own.kept.keep(identity(1), 5)
  await commit(own)
  own.kept.keep(identity(2), 15)
  t.is((await commit(own))['kept']?.length, 2)
  own.kept.forget(10)
  own.kept.keep(identity(3), 16)
  const segments = await commit(own)
  t.is(segments['kept']?.length, 2)
  t.deepEqual(bytesOf(await readBack(own, segments), 'kept'), bytesOf(own.stores, 'kept'))
})

test('a store is written anew before its segments become many', async (t) => {
  const own = newLane()
  let longest = 0
  let segments: Readonly<Record<string, readonly StateSegment[]>> = {}
  for (let n = 0; n < 150; n++) {
    own.counts.set('a', n)
    segments = await commit(own)
    longest = Math.max(longest, segments['counts']?.length ?? 0)
  }
  t.true(longest <= 64, `${longest}`)
  t.deepEqual([...(await readBack(own, segments)).all.keys()], ['counts', 'kept'])
  t.deepEqual(bytesOf(await readBack(own, segments), 'counts'), bytesOf(own.stores, 'counts'))
})

test('state that is altered or gone is not taken, and the error names it', async (t) => {
  const own = newLane()
  own.counts.set('a', 1)
  const segments = await commit(own)
  const [segment] = segments['counts'] ?? []
  await own.objects.put(
    segment?.bundle ?? '',
    Buffer.from('something else of that length, or more'),
  )
  await t.throwsAsync(readBack(own, segments), { code: 'corrupt', message: /counts .* is altered/ })
  await t.throwsAsync(
    readBack(own, { counts: [{ ...(segment as StateSegment), bundle: 'nowhere' }] }),
    { code: 'corrupt', message: /counts .* is gone/ },
  )
})
