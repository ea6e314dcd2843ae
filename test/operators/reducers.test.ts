import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import {
  count,
  distinct,
  max,
  mean,
  min,
  type NumberOf,
  type Reducer,
  sum,
} from '../../operators/reducers.ts'

type Row = { n?: number | null; text?: string | number | boolean | null }
const rows = (...numbers: (number | null | undefined)[]): Row[] => numbers.map((n) => ({ n }))
const n: NumberOf<Row> = (row) => row.n

const totalOf = <R, V, S>(reducer: Reducer<Row, R, V, S>, events: Row[]): S =>
  events.reduce((total, event) => reducer.add(total, reducer.of(event, 0)), reducer.initial())

const resultOf = <R, V, S>(reducer: Reducer<Row, R, V, S>, events: Row[]): R =>
  reducer.result(totalOf(reducer, events))

test('events without the number do not count', (t) => {
  const events = rows(3, null, 1, undefined, 8)
  t.is(resultOf(count(), events), 5)
  t.is(resultOf(sum(n), events), 12)
  t.is(resultOf(min(n), events), 1)
  t.is(resultOf(max(n), events), 8)
  t.is(resultOf(mean(n), events), 4)
})

test('of nothing there is a count and a sum, but no smallest, largest or mean', (t) => {
  const results = [count(), sum(n), min(n), max(n), mean(n)].map((reducer) =>
    resultOf(reducer as Reducer<Row, number | null>, []),
  )
  t.deepEqual(results, [0, 0, null, null, null])
})

test('distinct tells texts from numbers, and skips what is missing', (t) => {
  const events = ['5', 5, true, 'true', '5', null, undefined].map((text) => ({ text }))
  t.is(
    resultOf(
      distinct((row: Row) => row.text),
      events,
    ),
    4,
  )
})

test('a number that is not finite, or no number, is refused before it can spoil a total', (t) => {
  for (const wrong of [NaN, Infinity, '5' as unknown as number])
    for (const reducer of [sum(n), min(n), max(n), mean(n)])
      t.throws(() => reducer.of({ n: wrong }, 0), { message: /takes finite numbers/ })
})

test('what is no number is named as what it is', (t) => {
  const said = (wrong: unknown): string | undefined =>
    t.throws(() => min(n).of({ n: wrong as number }, 0))?.message
  const id = 12345678901234567890n
  t.is(
    said(id),
    'min takes finite numbers, not the bigint 12345678901234567890: Number() makes it one',
  )
  t.is(said(NaN), 'min takes finite numbers, not NaN')
  t.is(said('5'), "min takes finite numbers, not '5'")
  t.is(said([5]), 'min takes finite numbers, not a list')
})

const events = fc.array(
  fc.record({
    n: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    text: fc.option(fc.string({ maxLength: 2 })),
  }),
  { maxLength: 30 },
)

for (const reducer of [count(), sum(n), min(n), max(n), mean(n), distinct((row: Row) => row.text)])
  testProp(
    `${reducer.format}: grouping, order and being written change nothing`,
    [events, events],
    (t, first, second) => {
      const any = reducer as Reducer<Row, number | null>
      const there = (total: unknown) => any.read(JSON.parse(JSON.stringify(any.write(total))))
      const merged = any.merge(there(totalOf(any, second)), totalOf(any, first.toReversed()))
      const whole = totalOf(any, [...first, ...second])
      t.is(any.result(merged), any.result(whole))
      t.deepEqual(any.write(merged), any.write(whole))
    },
  )
