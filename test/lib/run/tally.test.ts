import test from 'ava'
import { sumOf, Tally } from '../../../lib/run/tally.ts'
import { virtualClock } from '../../../lib/testing.ts'
import { aRecord, lane, staged } from '../commit/a-record.ts'

test('what several processes came to is added up, by name too', (t) => {
  const summaryOf = (records: number, sink: string) => {
    const tally = new Tally(virtualClock(), {})
    const objects = [staged('a', { sink }), staged('b', { sink: 'raw' })]
    tally.committed(aRecord({ kind: 'commit', records, objects, reasons: { late: 1 } }), 0)
    tally.misplaced(lane, records, 'id')
    return tally.summary()
  }
  const sum = sumOf([summaryOf(3, 'raw'), summaryOf(4, 'totals')], 1_000)
  t.like(sum, {
    records: 7,
    commits: 2,
    rows: { raw: 6, totals: 2 },
    finished: { epoch: 4 },
    rejected: { late: 2 },
    misplaced: { count: 2, first: 'id at events-3@3' },
    elapsed: 1_000,
  })
})

test('of nobody there is nothing', (t) => {
  t.like(sumOf([], 5), { records: 0, rows: {}, misplaced: { count: 0 }, elapsed: 5 })
})
