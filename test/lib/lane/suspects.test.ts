import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import type { CommitRecord } from '../../../lib/commit/record.ts'
import { isConvicted, leftOf, rangeToTry, suspectsAfter } from '../../../lib/lane/suspects.ts'
import { aRecord } from '../commit/a-record.ts'

const after = (before: Partial<CommitRecord>, stalls = 0, alive: readonly string[] = []) =>
  suspectsAfter(aRecord(before), {
    stalls,
    end: 1_600,
    isAlive: (owner) => alive.includes(owner),
  })

const suspects = { until: 80, step: 10 }

test('nobody is suspected before the third claim in a row that gets nothing done', (t) => {
  t.is(after({ to: 0 }, 2), undefined)
  t.deepEqual(after({ to: 0 }, 3), { until: 1_600, step: 100 })
})

test('an owner that died in a trial makes suspects of what it tried, and of nothing else', (t) => {
  const trial = { kind: 'trial', owner: 'a', to: 32, trying: [32, 64], suspects } as const
  t.deepEqual(after(trial), { until: 64, step: 2 })
  t.deepEqual(after({ ...trial, trying: [32, 33] }), { until: 33, step: 1, dead: ['a'] })
})

test('one that died between two trials, or has not died, accuses nobody', (t) => {
  const trial = { owner: 'a', to: 32, trying: [32, 33], suspects } as const
  for (const kind of ['claim', 'commit', 'release'] as const)
    t.deepEqual(after({ ...trial, kind }, 9), suspects)
  t.deepEqual(after({ ...trial, kind: 'trial' }, 0, ['a']), suspects)
})

test('an owner that was taken for dead takes that back when it claims the lane again', (t) => {
  const before = { to: 32, trying: [32, 33], suspects: { until: 33, step: 1, dead: ['a', 'b'] } }
  const trial = { ...before, owner: 'c', trying: [32, 33] } as const
  t.deepEqual(after({ ...trial, kind: 'trial' }, 0, ['x']), {
    until: 33,
    step: 1,
    dead: ['a', 'b', 'c'],
  })
  t.deepEqual(after({ ...trial, kind: 'trial' }, 0, ['a']), {
    until: 33,
    step: 1,
    dead: ['b', 'c'],
  })
  t.deepEqual(after({ ...trial, kind: 'claim' }, 1, ['a', 'b']), { until: 33, step: 1 })
})

test('what is committed is suspected no more', (t) => {
  t.is(leftOf(undefined, 0, 10), undefined)
  const accused = { ...suspects, dead: ['a', 'b'] }
  t.deepEqual(leftOf(accused, 0, 10), suspects)
  t.deepEqual(leftOf(accused, 10, 10), accused)
  t.is(leftOf(suspects, 70, 80), undefined)
})

interface Hunt {
  deaths: number
  convicted: number[]
}

/** What becomes of a lane whose owners die of some of its records. */
function hunt(records: number, poison: readonly number[]): Hunt {
  const found: Hunt = { deaths: 0, convicted: [] }
  let newest: CommitRecord = aRecord({ to: 0 })
  let stalls = 0
  const dies = (from: number, to: number): boolean =>
    poison.some((one) => one >= from && one < to && !found.convicted.includes(one))
  while (newest.to < records) {
    let now = suspectsAfter(newest, { stalls, end: records, isAlive: () => false })
    newest = aRecord({ to: newest.to, ...(now && { suspects: now }) })
    for (;;) {
      const [from, to] = now ? rangeToTry(newest.to, now) : [newest.to, records]
      if (now) newest = { ...newest, kind: 'trial', trying: [from, to] }
      if (now && isConvicted(now)) found.convicted.push(from)
      if (dies(from, to)) break
      now = leftOf(now, from, to)
      newest = aRecord({ kind: 'commit', to, ...(now && { suspects: now }) })
      stalls = 0
      if (to >= records) return found
    }
    found.deaths++
    stalls++
  }
  return found
}

testProp(
  'whatever records kill, they are found, and no other',
  [fc.integer({ min: 1, max: 1_000_000 }), fc.uniqueArray(fc.nat(), { maxLength: 4 })],
  (t, records, places) => {
    const poison = [...new Set(places.map((place) => place % records))].toSorted((a, b) => a - b)
    const { deaths, convicted } = hunt(records, poison)
    t.deepEqual(convicted, poison)
    t.true(deaths <= poison.length * (6 + Math.ceil(Math.log2(records + 1) / 4)), `${deaths}`)
  },
)
