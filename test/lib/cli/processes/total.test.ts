import test from 'ava'
import { Total } from '../../../../lib/cli/processes/total.ts'
import { sumOf } from '../../../../lib/run/tally.ts'

const progress = { records: 10, rate: 5, lag: 3, objects: 2, memory: 100 }
const summary = { ...sumOf([], 0), records: 10, rows: { raw: 10 } }
const tick = {
  kind: 'tick',
  progress,
  readiness: { ready: true, reason: 'running' },
  hasWorked: true,
  peak: 120,
  summary,
  store: 's3://bucket',
} as const

test('those that have ended count for what they did, those that run for how they do', (t) => {
  const total = new Total()
  total.add(1, tick)
  t.deepEqual(total.progress([progress, progress], 50), {
    records: 30,
    objects: 6,
    rate: 10,
    lag: 6,
    memory: 250,
  })
})

test('one sum is held, however many have ended', (t) => {
  const total = new Total()
  for (const number of [1, 2, 1]) total.add(number, tick)
  t.like(total.summary(7), { records: 30, rows: { raw: 30 }, elapsed: 7 })
  t.is(total.store, 's3://bucket')
})

test('peaks add up over processes, and not over those that took the place of one', (t) => {
  const total = new Total()
  for (const [number, peak] of [
    [1, 120],
    [2, 100],
    [1, 80],
  ] as const)
    total.add(number, { ...tick, peak })
  t.is(total.peak(50), 270)
})
