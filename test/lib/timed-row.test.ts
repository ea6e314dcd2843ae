import { fc, testProp } from '@fast-check/ava'
import { byTimeThenOffset, timedRow, timedRows } from '../../lib/timed-row.ts'

const row = fc.record({
  time: fc.oneof(fc.maxSafeInteger(), fc.constant(-Infinity)),
  offset: fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
  text: fc.string({ unit: 'grapheme' }),
})

testProp('rows and what they are sorted by come back as they were', [fc.array(row)], (t, rows) => {
  const bytes = rows.map(({ text, time, offset }, i) =>
    timedRow(i % 2 === 0 ? text : Buffer.from(text), time, offset),
  )
  const back = timedRows(Buffer.concat(bytes))
  t.deepEqual(
    back.map(({ row, ...place }) => ({ ...place, text: row.toString() })),
    rows,
  )
})

testProp(
  'rows are in the order of their times, then of their offsets, then as they came',
  [fc.array(fc.record({ time: fc.nat(3), offset: fc.nat(3) }))],
  (t, places) => {
    const rows = places.map((place, i) => ({ ...place, row: Buffer.from([i]) }))
    const sorted = rows.toSorted(byTimeThenOffset)
    for (const [i, next] of sorted.entries()) {
      const before = sorted[i - 1]
      if (!before) continue
      const came = (next.row[0] as number) - (before.row[0] as number)
      t.true((next.time - before.time || next.offset - before.offset || came) > 0)
    }
    t.is(sorted.length, rows.length)
  },
)
