import test from 'ava'
import { examineClock, examineWriters } from '../../../lib/doctor/clocks.ts'

test('a clock that is ahead of the store’s, or behind it, is told', (t) => {
  t.regex(
    examineClock(100_000, 10_000, 's3://b')[0]!.what,
    /^its clock is 90 s ahead of that of s3/,
  )
  t.regex(examineClock(10_000, 100_000, 's3://b')[0]!.what, /^its clock is 90 s behind that of s3/)
  t.deepEqual(examineClock(10_000, 60_000, 's3://b'), [])
  t.deepEqual(examineClock(10_000, undefined, 'a folder'), [])
})

const written = (host: string, ...times: [at: number, modified: number][]) =>
  times.map(([at, modified]) => ({ host, at: at * 1_000, modified: modified * 1_000 }))

test('a process that dates a record before the store has it is ahead', (t) => {
  const [finding] = examineWriters(written('a/1', [500, 100], [100, 100]))
  t.like(finding, { where: 'a/1', kind: 'clock skew' })
  t.regex(finding!.what, /^its clock is 400 s ahead of the store's/)
})

test('a record that waited for its answer accuses nobody; two that agree do', (t) => {
  t.deepEqual(examineWriters(written('a/1', [100, 500])), [])
  t.deepEqual(examineWriters(written('a/1', [100, 500], [499, 500])), [])
  t.regex(examineWriters(written('a/1', [100, 500], [99, 500]))[0]!.what, /400 s behind/)
  t.deepEqual(examineWriters(written('a/1', [100, -Infinity])), [])
})
