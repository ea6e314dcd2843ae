import test from 'ava'
import { hash64 } from '../../../lib/state/hash.ts'
import { DistinctCount } from '../../../operators/reducers/distinct-count.ts'

const countOf = (from: number, to: number): DistinctCount => {
  const count = new DistinctCount()
  for (let n = from; n < to; n++) {
    const hash = hash64(`user_${n}`)
    count.add(Number(hash >> 32n), Number(hash & 0xffff_ffffn))
  }
  return count
}

const merged = (...counts: DistinctCount[]): DistinctCount => {
  const total = new DistinctCount()
  for (const count of counts) total.merge(count)
  return total
}

test('it is exact while values are few, and near from then on', (t) => {
  t.is(countOf(0, 4_096).value, 4_096)
  const { value } = countOf(0, 50_000)
  t.true(Math.abs(value / 50_000 - 1) < 0.02, `${value}`)
  t.true(Number.isInteger(value))
})

test('a value counts once, however often it comes', (t) => {
  t.is(merged(countOf(0, 3_000), countOf(1_000, 4_000)).value, 4_000)
})

test('exact counts and estimates merge to the same, in any order', (t) => {
  const whole = countOf(0, 9_000).write()
  const parts = [countOf(0, 5_000), countOf(4_000, 8_000), countOf(7_000, 9_000)]
  t.is(merged(...parts).write(), whole)
  t.is(merged(...parts.toReversed()).write(), whole)
  t.is(merged(...parts.map((part) => DistinctCount.read(part.write()))).write(), whole)
})

test('it changes from one to the other by the number of values alone', (t) => {
  const halves = merged(countOf(0, 2_000), countOf(2_000, 4_096))
  t.is(halves.write(), countOf(0, 4_096).write())
  t.true(halves.write().startsWith('exact:'))
  t.is(merged(halves, countOf(4_096, 4_097)).write(), countOf(0, 4_097).write())
})

test('a total that was merged stays as it was', (t) => {
  const sketch = countOf(0, 5_000)
  const before = sketch.write()
  const total = merged(sketch)
  total.merge(countOf(5_000, 6_000))
  t.is(sketch.write(), before)
})
