import test from 'ava'
import { chartOf, pointsOf } from '../../../bench/backpressure/chart.ts'
import type { Sample } from '../../../bench/backpressure/experiment.ts'

const sample = (at: number, fetched: number, uploaded: number): Sample => ({
  at,
  fetched,
  uploaded,
  phase: 0,
  members: '',
  memory: 0,
  peak: 0,
})

const samples = [
  sample(0, 0, 0),
  sample(600, 3e6, 1e6),
  sample(1_000, 4e6, 2e6),
  sample(1_900, 4e6, 2e6),
  sample(3_000, 8e6, 4e6),
]

test('points are rates over steps, by what was measured and not by what was planned', (t) => {
  t.deepEqual(pointsOf(samples, 1_000), [
    { second: 1, fetched: 4, uploaded: 2 },
    { second: 3, fetched: 2, uploaded: 1 },
  ])
  t.deepEqual(pointsOf([]), [])
})

test('a chart has a value a line for each point', (t) => {
  const far = [...samples, sample(6_000, 26e6, 13e6)]
  t.regex(chartOf(far), /x-axis "seconds" \[6\]/)
  t.regex(chartOf(far), /line "fetched" \[4\.3\]\n {2}line "uploaded" \[2\.2\]$/)
})
