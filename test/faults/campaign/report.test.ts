import test from 'ava'
import { percentile, reportOf } from './report.ts'
import { newState, type State } from './state.ts'

const goal = {
  events: 1_000,
  kills: 2,
  seed: 7,
  store: 'versitygw',
  memory: 256 * 1024 ** 2,
} as const

const surroundings = { machine: '2 cores of some kind', node: '24.0.0' }

const done: State = {
  ...newState(goal, Date.parse('2026-11-21T20:00:00Z')),
  sessions: [8_000],
  worked: 60_000,
  produced: 1_000,
  kills: 2,
  hostile: [10_000, 10_000, 20_000],
  faults: { 'kill -9': 2, sleep: 1 },
  recoveries: [
    { after: 'kill -9', ms: 2_000, alone: true, round: 1 },
    { after: 'kill -9', ms: 9_000, alone: false, round: 1 },
  ],
  peaks: [100 * 1024 ** 2, 200 * 1024 ** 2],
  checks: [
    {
      at: 0,
      round: 1,
      load: 1.25,
      produced: 1_000,
      kills: 2,
      complaints: [],
      findings: [],
      drained: 1_000,
      took: 2_000,
    },
  ],
  whole: { objects: 10, commits: 20, repeats: 3, rebalances: 4 },
}

test('a report says how to do it again, and what came of it', async (t) => {
  const text = await reportOf(done, surroundings)
  t.regex(text, /--events 1000 --kills 2 --seed 7 --every 8s --store versitygw --memory 256MB/)
  t.regex(text, /\*\*lost\*\* +\| +\*\*0\*\*/)
  t.regex(text, /75 % of the time between quiet points, two things or more at once in 50 %/)
  t.regex(text, /any `kill -9` +\| +2 \| 2\.0 s \| 9\.0 s/)
  t.regex(text, /half of them less than 100 MB.* the largest 200 MB/)
  t.notRegex(text, /stopped before/)
})

test('a report says what was not reached, and what is wrong', async (t) => {
  const check = { ...done.checks[0]!, kills: 1, complaints: ['raw 1@7: missing', 'raw 1@8: twice'] }
  const { whole: _, ...unfinished } = done
  const text = await reportOf({ ...unfinished, checks: [check] }, surroundings)
  t.regex(text, /stopped before it had reached all: 1 of 2 kills; `--resume` goes on/)
  t.regex(text, /\*\*lost\*\* +\| +\*\*1\*\*/)
  t.regex(text, /\*\*doubled\*\* +\| +\*\*1\*\*/)
  t.regex(text, /raw 1@7: missing; raw 1@8: twice/)
})

test('percentiles are values that were there', (t) => {
  const values = [5, 1, 4, 2, 3]
  t.deepEqual(
    [0, 0.5, 0.95, 1].map((part) => percentile(values, part)),
    [1, 3, 5, 5],
  )
  t.is(percentile([], 0.5), 0)
})
