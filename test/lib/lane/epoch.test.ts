import test from 'ava'
import { epochEnds } from '../../../lib/lane/epoch.ts'

const limits = { every: 1_000, first: 200, records: 10, bytes: 100 }
const share = 50
const open = { records: 1, bytes: 1, since: 5_000, held: 1, isFirst: false }

test('an epoch goes on while it has reached none of its limits', (t) => {
  t.is(epochEnds(limits, { ...open, records: 9, bytes: 99, held: 49 }, 5_999, share), undefined)
})

test('an epoch ends at the first limit that it reaches, and says which', (t) => {
  t.is(epochEnds(limits, { ...open, records: 10 }, 5_000, share), 'records')
  t.is(epochEnds(limits, { ...open, bytes: 100 }, 5_000, share), 'bytes')
  t.is(epochEnds(limits, { ...open, held: 50 }, 5_000, share), 'memory')
  t.is(epochEnds(limits, open, 6_000, share), 'age')
})

test('an epoch without a record does not end, however old it is', (t) => {
  t.is(epochEnds(limits, { ...open, records: 0, held: 99 }, 99_999, share), undefined)
})

test('the first epoch after a claim gets less old', (t) => {
  const first = { ...open, isFirst: true }
  t.is(epochEnds(limits, first, 5_199, share), undefined)
  t.is(epochEnds(limits, first, 5_200, share), 'age')
})
