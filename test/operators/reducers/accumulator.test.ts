import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { reducer } from '../../../operators/reducer.ts'
import { count, distinct, max, mean, min, type Reducer, sum } from '../../../operators/reducers.ts'
import { accumulatorOf } from '../../../operators/reducers/accumulator.ts'

interface Row {
  readonly n: number | null
  readonly text: string | null
}

const n = (row: Row) => row.n

const byText = (a: string, b: string): number => (a < b ? -1 : 1)

const reducers: Record<string, Reducer<Row, unknown>> = {
  count: count() as Reducer<Row, unknown>,
  sum: sum(n) as Reducer<Row, unknown>,
  min: min(n) as Reducer<Row, unknown>,
  max: max(n) as Reducer<Row, unknown>,
  mean: mean(n) as Reducer<Row, unknown>,
  distinct: distinct((row: Row) => row.text) as Reducer<Row, unknown>,
  own: reducer({
    initial: () => [] as string[],
    add: (texts, { text }: Row) => [...texts, text ?? ''].toSorted(byText),
    merge: (a, b) => [...a, ...b].toSorted(byText),
  }) as Reducer<Row, unknown>,
}

const ROWS = 5

const events = fc.array(
  fc.record({
    n: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    text: fc.option(fc.string({ maxLength: 2 })),
    rows: fc.uniqueArray(fc.nat(ROWS - 1), { maxLength: 3 }),
  }),
  { maxLength: 60 },
)

for (const [name, one] of Object.entries(reducers))
  testProp(`${name}: many totals together are what each is by itself`, [events], (t, all) => {
    const totals = Array.from({ length: ROWS }, () => one.initial())
    const accumulator = accumulatorOf(one)
    for (const [i, { rows, ...event }] of all.entries()) {
      accumulator.grow(Math.min(ROWS, i + 4))
      const known = rows.filter((row) => row < i + 4)
      const value = one.of(event, 0)
      accumulator.prepare?.(value, known, known.length)
      accumulator.add(value, known, known.length)
      for (const row of known) totals[row] = one.add(totals[row], value)
    }
    accumulator.grow(ROWS)
    for (const [row, total] of totals.entries())
      t.deepEqual(accumulator.write(row), one.write(total))
  })

test('distinct: that there are more values than can be numbered changes nothing', (t) => {
  const one = reducers['distinct']!
  const totals = Array.from({ length: 3 }, () => one.initial())
  const accumulator = accumulatorOf(one)
  accumulator.grow(2)
  for (let i = 0; i < 20_000; i++) {
    if (i === 15_000) accumulator.grow(3)
    const value = one.of({ n: null, text: `value ${(i * 7) % 6_000}` }, 0)
    const rows = i < 15_000 ? [i % 2] : [i % 2, 2]
    accumulator.add(value, rows, rows.length)
    for (const row of rows) totals[row] = one.add(totals[row], value)
  }
  for (const [row, total] of totals.entries()) t.is(accumulator.write(row), one.write(total))
})

test('only the rows that are named are read', (t) => {
  const accumulator = accumulatorOf(reducers['count']!)
  accumulator.grow(3)
  accumulator.add(undefined, [0, 1, 2], 2)
  t.deepEqual(
    [0, 1, 2].map((row) => accumulator.write(row)),
    [1, 1, 0],
  )
})

test('what is prepared changes no total', (t) => {
  const one = reducers['own']!
  const accumulator = accumulatorOf(one)
  accumulator.grow(1)
  accumulator.prepare?.(one.of({ n: 1, text: 'a' }, 0), [0, -1], 2)
  t.deepEqual(accumulator.write(0), [])
})
