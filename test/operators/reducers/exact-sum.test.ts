import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { ExactSum } from '../../../operators/reducers/exact-sum.ts'

const sumOf = (numbers: readonly number[]): ExactSum => {
  const sum = new ExactSum()
  for (const x of numbers) sum.add(x)
  return sum
}

test('what floating point loses is kept', (t) => {
  t.is(sumOf(Array.from({ length: 10 }, () => 0.1)).value, 1)
  t.is(sumOf([1e100, 1, -1e100]).value, 1)
  t.is(sumOf([1e16, 1, 1e-16, -1e16, -1]).value, 1e-16)
  t.is(sumOf([1e308, 1e308, -1e308]).value, 1e308)
  t.is(sumOf([5e-324, 5e-324]).value, 1e-323)
})

test('half-way cases are rounded once, to even', (t) => {
  t.is(sumOf([2 ** 53, 1]).value, 2 ** 53)
  t.is(sumOf([2 ** 53, 1, 2 ** -60]).value, 2 ** 53 + 2)
  t.is(sumOf([2 ** 53, 3]).value, 2 ** 53 + 4)
})

test('a sum larger than any double is infinite, and finite again when it is not', (t) => {
  const sum = sumOf([Number.MAX_VALUE, Number.MAX_VALUE])
  t.is(sum.value, Infinity)
  const back = ExactSum.read(sum.write())
  back.add(-Number.MAX_VALUE)
  t.is(back.value, Number.MAX_VALUE)
})

test('a sum of nothing is zero', (t) => {
  t.is(new ExactSum().value, 0)
  t.deepEqual(new ExactSum().write(), [0])
})

const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -100, max: 100 }),
  fc.integer(),
  fc.constantFrom(2 ** 53, 1, -(2 ** 53), 2 ** -53, Number.MAX_VALUE, Number.MIN_VALUE),
)
const numbers = fc.array(anyNumber, { minLength: 1, maxLength: 40 })

testProp('a sum is the double nearest to the true one', [numbers], (t, list) => {
  const { value } = sumOf(list)
  const exact = list.reduce((total, x) => total + scaled(x), 0n)
  t.true(isNearest(value, exact), `${value}`)
})

testProp(
  'order, grouping and being written change neither a sum nor its text',
  [numbers, fc.nat(), fc.func(fc.integer())],
  (t, list, at, order) => {
    const shuffled = [...list].sort((a, b) => order(a) - order(b))
    const half = at % shuffled.length
    const merged = ExactSum.read(
      JSON.parse(JSON.stringify(sumOf(shuffled.slice(0, half)).write())) as number[],
    )
    merged.merge(sumOf(shuffled.slice(half)))
    t.is(merged.value, sumOf(list).value)
    t.deepEqual(merged.write(), sumOf(list).write())
  },
)

const SCALE = 1100

/** A double as a whole number of 2^-1100. */
function scaled(x: number): bigint {
  let whole = x
  let shift = SCALE
  for (; !Number.isInteger(whole); shift--) whole *= 2
  return BigInt(whole) << BigInt(shift)
}

function isNearest(value: number, exact: bigint): boolean {
  const magnitude = exact < 0n ? -exact : exact
  const limit = scaled(Number.MAX_VALUE) + scaled(2 ** 970)
  if (!Number.isFinite(value)) return magnitude >= limit && value > 0 === exact > 0n
  const distance = (x: number) => {
    const gap = scaled(x) - exact
    return gap < 0n ? -gap : gap
  }
  const isEven = BigInt.asUintN(1, bitsOf(value)) === 0n
  return neighbours(value)
    .filter(Number.isFinite)
    .every(
      (other) =>
        distance(value) < distance(other) || (isEven && distance(value) === distance(other)),
    )
}

const view = new DataView(new ArrayBuffer(8))

function bitsOf(x: number): bigint {
  view.setFloat64(0, x)
  return view.getBigUint64(0)
}

function neighbours(x: number): number[] {
  if (x === 0) return [Number.MIN_VALUE, -Number.MIN_VALUE]
  return [1n, -1n].map((step) => {
    view.setBigUint64(0, bitsOf(x) + step)
    return view.getFloat64(0)
  })
}
