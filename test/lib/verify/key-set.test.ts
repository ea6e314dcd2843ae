import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { KeySet } from '../../../lib/verify/key-set.ts'

testProp(
  'it has what was added and nothing else',
  [fc.array(fc.string()), fc.string()],
  (t, texts, other) => {
    const set = new KeySet()
    const model = new Set<string>()
    for (const text of texts) {
      t.is(set.add(text), !model.has(text))
      model.add(text)
    }
    t.is(set.size, model.size)
    for (const text of texts) t.true(set.has(text))
    t.is(set.has(other), model.has(other))
  },
)

test('it grows', (t) => {
  const set = new KeySet()
  for (let n = 0; n < 10_000; n++) t.true(set.add(`key-${n}`))
  t.is(set.size, 10_000)
  for (let n = 0; n < 10_000; n++) t.true(set.has(`key-${n}`))
  t.false(set.has('key-10000'))
})
