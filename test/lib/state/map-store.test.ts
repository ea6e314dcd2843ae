import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { json } from '../../../lib/state/codec.ts'
import { mapStore } from '../../../lib/state/map-store.ts'
import type { MapStore } from '../../../lib/state/store.ts'

const newStore = (): MapStore<unknown> => mapStore(json())

/** A store that reads back what was written of another one. */
const revived = (written: Uint8Array[]): MapStore<unknown> => {
  const store = newStore()
  for (const bytes of written) store.apply(bytes)
  return store
}

test('a delta holds the keys that changed, a deleted one too, and only once', (t) => {
  const store = newStore()
  store.set('a', 1)
  store.set('b', 2)
  const first = store.base()
  store.set('b', 3)
  store.delete('a')
  const second = store.delta()
  t.is(store.delta(), undefined)
  t.deepEqual([...revived([first.bytes, second?.bytes ?? first.bytes]).entries()], [['b', 3]])
  t.deepEqual(
    [...revived([first.bytes]).entries()],
    [
      ['a', 1],
      ['b', 2],
    ],
  )
})

test('deleting a key that is not there changes nothing', (t) => {
  const store = newStore()
  store.delete('a')
  t.is(store.delta(), undefined)
})

test('what is read back is not written again', (t) => {
  const store = newStore()
  store.set('ключ', { n: 1 })
  const copy = revived([store.base().bytes])
  t.deepEqual(copy.get('ключ'), { n: 1 })
  t.is(copy.delta(), undefined)
})

test('memory follows what is held', (t) => {
  const store = newStore()
  t.is(store.memory, 0)
  store.set('a', 'x'.repeat(1000))
  store.delta()
  t.true(store.memory > 1000)
  t.is(revived([store.base().bytes]).memory, store.memory)
  store.delete('a')
  store.base()
  t.is(store.memory, 0)
  t.is(store.size, 0)
})

const sorted = (map: { entries(): Iterable<[string, unknown]> }): [string, unknown][] =>
  [...map.entries()].sort(([a], [b]) => (a < b ? -1 : 1))

const key = fc.constantFrom('a', 'b', 'c', '', '"\n')
const action = fc.oneof(
  fc.record({ set: key, value: fc.jsonValue() }),
  fc.record({ delete: key }),
  fc.constantFrom('delta' as const, 'base' as const, 'restart' as const),
)

testProp(
  'it is a map, also through any sequence of deltas, bases and restarts',
  [fc.array(action, { minLength: 1, maxLength: 60 })],
  (t, actions) => {
    let store = newStore()
    let written: Uint8Array[] = []
    const naive = new Map<string, unknown>()
    for (const act of actions) {
      if (act === 'base') written = [store.base().bytes]
      else if (act === 'delta' || act === 'restart') {
        const delta = store.delta()
        if (delta) written.push(delta.bytes)
        if (act === 'restart') store = revived(written)
      } else if ('delete' in act) {
        store.delete(act.delete)
        naive.delete(act.delete)
      } else {
        const value: unknown = JSON.parse(JSON.stringify(act.value))
        store.set(act.set, value)
        naive.set(act.set, value)
      }
      t.is(store.size, naive.size)
      t.deepEqual(sorted(store), sorted(naive))
    }
  },
)
