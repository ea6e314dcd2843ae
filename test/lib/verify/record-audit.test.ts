import test from 'ava'
import type { SinkFates } from '../../../lib/commit/record.ts'
import { problemsOf } from '../../../lib/verify/record-audit.ts'
import { aRecord, lane } from '../commit/a-record.ts'

/** What is wrong with a commit of ten records with these fates at its one sink. */
const wrongWith = (raw: SinkFates): string[] => {
  const record = aRecord({ index: 2, kind: 'commit', to: 10, records: 10, fates: { raw } })
  const place = { lane, index: 2, instance: record.instance }
  return [...problemsOf({ record, hash: '' }, undefined, place)].map(
    ({ kind, what }) => `${kind}: ${what}`,
  )
}

test('records, and what was made of them beyond one each, are kept, dropped or rejected', (t) => {
  t.deepEqual(wrongWith({ kept: 7, dropped: { filter: 2 }, rejected: { parse: 1 } }), [])
  const expanded = { parse: 20, flatMap: 5 }
  t.deepEqual(wrongWith({ kept: 32, expanded, dropped: { filter: 2 }, rejected: { parse: 1 } }), [])
})

test('a message without a fate is lost, one with two is doubled', (t) => {
  t.deepEqual(wrongWith({ kept: 9, dropped: {}, rejected: {} }), [
    'lost: of its 10 records raw has kept 9, and 0 were dropped or rejected before it: that makes 9',
  ])
  const expanded = { parse: 20 }
  t.deepEqual(wrongWith({ kept: 28, expanded, dropped: { filter: 1 }, rejected: {} }), [
    'lost: of its 10 records, and 20 more messages made of them, raw has kept 28, and 1 were dropped or rejected before it: that makes 29',
  ])
  t.regex(wrongWith({ kept: 31, expanded, dropped: {}, rejected: {} }).join(), /^doubled: .* 31$/)
})
