import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { readPlan } from '../failpoints/plan.ts'
import { planOf } from './plan.ts'

const round = fc.record({
  seed: fc.nat(999_999),
  round: fc.integer({ min: 1, max: 50 }),
  kills: fc.integer({ min: 1, max: 30 }),
  every: fc.constantFrom(5_000, 8_000),
})

testProp('a round is planned the same way from the same seed', [round], (t, options) => {
  t.deepEqual(planOf(options), planOf(options))
})

test('another round, or another seed, is another plan', (t) => {
  const first = { seed: 1, round: 1, kills: 5, every: 8_000 }
  t.notDeepEqual(planOf(first), planOf({ ...first, round: 2 }))
  t.notDeepEqual(planOf(first), planOf({ ...first, seed: 2 }))
})

testProp(
  'as many processes die as are to, in order and within the round',
  [round],
  (t, options) => {
    const plan = planOf(options)
    const kills = plan.filter((strike) => strike.kind === 'kill')
    const deaths = kills.map(({ fault }) => (fault?.endsWith(':kill') ? 2 : 1))
    t.is(
      deaths.reduce((sum, n) => sum + n, 0),
      options.kills,
    )
    const times = plan.map(({ at }) => at)
    t.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    )
    t.true(times[0]! >= 0 && times.at(-1)! <= options.kills * options.every)
  },
)

testProp('every failpoint can be read', [round], (t, options) => {
  for (const strike of planOf(options))
    if (strike.kind === 'kill') t.notThrows(() => readPlan(strike.fault ?? ''))
  t.pass()
})

testProp('what one thing suffers from is over before the next begins', [round], (t, options) => {
  for (const victim of ['store ', 'broker ']) {
    const lines = ['far away', 'black hole', 'reset'].map((kind) => victim + kind)
    for (const kinds of [lines, ['killed', 'stopped', 'paused'].map((kind) => victim + kind)]) {
      let free = 0
      for (const strike of planOf(options)) {
        if (strike.kind === 'kill' || !kinds.includes(strike.kind)) continue
        t.true(strike.at >= free)
        free = strike.at + strike.lasts
      }
    }
  }
  t.pass()
})
