import { fc, testProp } from '@fast-check/ava'
import { HashList } from '../../../operators/reducers/hash-list.ts'

type Hash = readonly [high: number, low: number]

const word = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.nat(2 ** 32 - 1))
const hashes = fc.array(fc.tuple(word, word), { maxLength: 300 })

const listOf = (all: readonly Hash[]): HashList => {
  const list = new HashList()
  for (const [high, low] of all) list.add(high, low)
  return list
}

const seenIn = (list: HashList): string[] => {
  const seen: string[] = []
  list.forEach((high, low) => seen.push(`${high} ${low}`))
  return seen.sort()
}

const different = (all: readonly Hash[]): string[] =>
  [...new Set(all.map(([high, low]) => `${high} ${low}`))].sort()

testProp('each hash is in it once, also after being written', [hashes], (t, all) => {
  const list = listOf(all)
  t.is(list.size, different(all).length)
  t.deepEqual(seenIn(HashList.read(list.write())), different(all))
})

testProp('it takes what is in others, between hashes of its own', [hashes, hashes], (t, a, b) => {
  const list = HashList.read(listOf(a).write())
  list.addAll(listOf(b))
  for (const [high, low] of a) list.add(high, low)
  t.deepEqual(seenIn(list), different([...a, ...b]))
})

testProp('equal lists are written alike', [hashes], (t, all) => {
  t.deepEqual(listOf(all).write(), listOf(all.toReversed()).write())
})

testProp('hashes that come again and again take no more place', [fc.nat(5)], (t, values) => {
  const list = new HashList()
  for (let n = 0; n < 10_000; n++) list.add(n % (values + 1), 7)
  t.true(list.length <= 64)
})
