import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { seededRandom } from '../../../lib/generator/random.ts'
import { uuid } from '../../../lib/generator/uuid.ts'

const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

testProp('every one is spelled as version 4', [fc.maxSafeNat()], (t, seed) => {
  t.regex(uuid(seededRandom(seed)), VERSION_4)
})

test('all bits of the random words are in it', (t) => {
  const random = { word: () => 0xffffffff, below: () => 0 }
  t.is(uuid(random), 'ffffffff-ffff-4fff-bfff-ffffffffffff')
})

test('100,000 of them are all different', (t) => {
  const random = seededRandom(1)
  t.is(new Set(Array.from({ length: 100_000 }, () => uuid(random))).size, 100_000)
})
