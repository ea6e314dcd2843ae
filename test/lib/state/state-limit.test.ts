import test from 'ava'
import { Budget } from '../../../lib/memory.ts'
import { StateLimit } from '../../../lib/state/state-limit.ts'
import type { Store } from '../../../lib/state/store.ts'

const holding = (memory: number): ReadonlyMap<string, Store> =>
  new Map([
    ['dedupe/kept', { memory } as Store],
    ['eventTime/progress', { memory: 1 } as Store],
  ])

test('the state of all lanes together is charged, and given back by the lanes that go', (t) => {
  const budget = new Budget(1_000)
  const state = new StateLimit(budget, () => t.fail())
  const [one, other] = [state.account(), state.account()]
  one.settle(holding(199))
  other.settle(holding(99))
  t.deepEqual([state.used, budget.used], [300, 300])
  one.settle(holding(49))
  t.deepEqual([state.used, budget.used], [150, 150])
  other.close()
  t.deepEqual([state.used, budget.used], [50, 50])
})

test('above half of the budget there is one warning, above four fifths the end', (t) => {
  const warnings: string[] = []
  const state = new StateLimit(new Budget(1_000), (text) => warnings.push(text))
  const [one, other] = [state.account(), state.account()]
  one.settle(holding(399))
  other.settle(holding(299))
  other.settle(holding(349))
  t.is(warnings.length, 1)
  t.regex(warnings[0] ?? '', /dedupe\/kept/)
  t.throws(() => other.settle(holding(499)), { code: 'memory', message: /dedupe\/kept.*--memory/ })
})
