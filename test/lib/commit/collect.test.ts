import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { Bundle, bundleIndex } from '../../../lib/commit/bundle.ts'
import { bundlesOf, collectBundles, mergedUpTo } from '../../../lib/commit/collect.ts'
import type { CommitRecord } from '../../../lib/commit/record.ts'
import { type MemoryStore, memoryStore, virtualClock } from '../../../lib/testing.ts'
import { aRecord, carriedIn, lane, staged } from './a-record.ts'

const clock = virtualClock()

/** A bundle that was made for the commit of this index. */
async function save(store: MemoryStore, index: number, token = 'token'): Promise<string> {
  const bundle = new Bundle(lane, index, token)
  bundle.add(Buffer.from('x'))
  await bundle.save(store)
  return bundle.key
}

const left = (store: MemoryStore): number[] => store.objects().map(({ key }) => bundleIndex(key))

test('bundles that nobody needs are deleted, and those of commits to come are not', async (t) => {
  const store = memoryStore()
  for (const index of [1, 2, 3, 4, 5]) await save(store, index)
  t.is(await collectBundles(aRecord({ index: 3 }), Infinity, store, { clock }), 3)
  t.deepEqual(left(store), [4, 5])
})

test('what a merging lane has not taken stays', async (t) => {
  const store = memoryStore()
  for (const index of [1, 2, 3, 4, 5]) await save(store, index)
  await collectBundles(aRecord({ index: 5 }), 2, store, { clock })
  t.deepEqual(left(store), [3, 4, 5])
})

test('bundles of another lane stay', async (t) => {
  const store = memoryStore()
  await save(store, 1)
  await collectBundles(aRecord({ index: 9, lane: { ...lane, partition: 33 } }), Infinity, store, {
    clock,
  })
  await collectBundles(aRecord({ index: 9, lane: { ...lane, stage: 2 } }), Infinity, store, {
    clock,
  })
  t.deepEqual(left(store), [1])
})

const events = (partition: number) => ({ topic: 'events', partition })

test('the slowest merging lane decides, and one that knows nothing holds everything', (t) => {
  const merging = (index: number): CommitRecord =>
    aRecord({
      vector: { 'events-3': { index, watermarks: {} }, 'events-4': { index: 99, watermarks: {} } },
    })
  t.is(mergedUpTo(events(3), [merging(7), merging(5), merging(6)]), 5)
  t.is(mergedUpTo(events(5), [merging(7)]), 0)
  t.is(mergedUpTo(events(3), []), Infinity)
})

const index = fc.integer({ min: 1, max: 9 })
const indices = fc.array(index, { maxLength: 4 })

testProp(
  'nothing is deleted that a newest record refers to, or that came after it',
  [index, fc.oneof(index, fc.constant(Infinity)), indices, indices, indices, indices],
  async (t, newest, merged, state, carried, objects, partials) => {
    const store = memoryStore()
    const keys = new Map<number, string>()
    for (let at = 1; at <= 12; at++) keys.set(at, await save(store, at))
    const keyOf = (at: number): string => keys.get(at) as string
    const segment = (at: number) => ({ bundle: keyOf(at), from: 0, to: 1, sha256: '' })
    const record = aRecord({
      index: newest,
      state: { s: state.map((at) => ({ ...segment(at), kind: 'delta' as const })) },
      carried: [carriedIn(...carried.map(keyOf))],
      objects: objects.map((at) =>
        staged('o', { staged: { in: 'bundle', bundle: keyOf(at), from: 0, to: 1 } }),
      ),
      partials: { r: { watermark: 0, ranges: [null, ...partials.map(segment)] } },
    })
    const needed = [...state, ...carried, ...objects, ...partials]
    t.deepEqual([...bundlesOf(record)].toSorted(), [...new Set(needed)].map(keyOf).toSorted())
    await collectBundles(record, merged, store, { clock })
    const there = left(store)
    for (let at = 1; at <= 12; at++)
      t.is(there.includes(at), needed.includes(at) || at > Math.min(newest, merged))
  },
)
