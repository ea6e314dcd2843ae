import test from 'ava'
import { hash64 } from '../../../lib/state/hash.ts'
import { HyperLogLog } from '../../../operators/reducers/hyper-log-log.ts'

const sketchOf = (from: number, to: number): HyperLogLog => {
  const sketch = new HyperLogLog()
  for (let n = from; n < to; n++) {
    const hash = hash64(`user_${n}`)
    sketch.add(Number(hash >> 32n), Number(hash & 0xffff_ffffn))
  }
  return sketch
}

for (const values of [1, 100, 5_000, 70_000, 200_000, 1_000_000])
  test(`${values} values are counted within 2 %`, (t) => {
    const { estimate } = sketchOf(0, values)
    t.true(Math.abs(estimate / values - 1) < 0.02, `${estimate}`)
  })

test('a sketch without values counts none', (t) => {
  t.is(new HyperLogLog().estimate, 0)
})

test('merging is as good as having been given all, in any grouping', (t) => {
  const whole = sketchOf(0, 60_000).write()
  const left = sketchOf(0, 30_000)
  left.merge(sketchOf(20_000, 50_000))
  left.merge(sketchOf(50_000, 60_000))
  const inner = sketchOf(50_000, 60_000)
  inner.merge(sketchOf(20_000, 50_000))
  const right = sketchOf(0, 30_000)
  right.merge(inner)
  t.deepEqual(left.write(), whole)
  t.deepEqual(right.write(), whole)
})

test('a sketch comes back as it was written, in few bytes while few registers are set', (t) => {
  for (const values of [0, 1, 4_097, 500_000]) {
    const written = sketchOf(0, values).write()
    t.deepEqual(HyperLogLog.read(written).write(), written)
    t.is(HyperLogLog.read(written).estimate, sketchOf(0, values).estimate)
  }
  t.true(sketchOf(0, 4_097).write().length < 10_000)
})

test('the rank of a hash counts the zeros over both of its words', (t) => {
  const ranked = (high: number, low: number) => {
    const sketch = new HyperLogLog()
    sketch.add(high, low)
    return sketch.write()[0]
  }
  t.is(ranked(0x0000_8000, 0), 1)
  t.is(ranked(0x0000_0001, 0), 16)
  t.is(ranked(0, 0x8000_0000), 17)
  t.is(ranked(0, 1), 48)
  t.is(ranked(0, 0), 49)
})
