import { fc, testProp } from '@fast-check/ava'
import { HashSet } from '../../../operators/reducers/hash-set.ts'

const word = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.nat(2 ** 31 - 1))
const hashes = fc.array(fc.tuple(word, word), { minLength: 1, maxLength: 300 })

testProp('it is a set, also after being written', [hashes], (t, list) => {
  const set = new HashSet()
  for (const [high, low] of list) set.add(high, low)
  const naive = new Set(list.map(([high, low]) => `${high} ${high || low ? low : 1}`))
  const seen: string[] = []
  HashSet.read(set.write()).forEach((high, low) => seen.push(`${high} ${low}`))
  t.is(set.size, naive.size)
  t.deepEqual(seen.sort(), [...naive].sort())
})

testProp('equal sets are written alike', [hashes], (t, list) => {
  const [set, reversed] = [new HashSet(), new HashSet()]
  for (const [high, low] of list) set.add(high, low)
  for (const [high, low] of list.toReversed()) reversed.add(high, low)
  t.deepEqual(set.write(), reversed.write())
})
