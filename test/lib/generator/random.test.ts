import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { seededRandom } from '../../../lib/generator/random.ts'

const draw = (seed: number, n: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: n }, () => random.word())
}

testProp('the same seed gives the same numbers', [fc.maxSafeNat()], (t, seed) => {
  t.deepEqual(draw(seed, 100), draw(seed, 100))
})

testProp(
  'seeds that are alike give other numbers, above 32 bits too',
  [fc.nat({ max: 2 ** 53 - 2 })],
  (t, seed) => {
    t.notDeepEqual(draw(seed, 4), draw(seed + 1, 4))
  },
)

testProp(
  'a number below n is whole and below n',
  [fc.nat(), fc.integer({ min: 1, max: 2 ** 32 })],
  (t, seed, n) => {
    const { below } = seededRandom(seed)
    for (let i = 0; i < 50; i++) {
      const value = below(n)
      t.true(Number.isInteger(value) && value >= 0 && value < n)
    }
  },
)

test('numbers are spread evenly', (t) => {
  const { below } = seededRandom(7)
  const counts = Array.from({ length: 10 }, () => 0)
  for (let i = 0; i < 100_000; i++) counts[below(10)]!++
  for (const count of counts) t.true(count > 9_600 && count < 10_400, `${count} of 10,000`)
})
