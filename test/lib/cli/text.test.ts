import test from 'ava'
import { formatBytes, formatCount, formatSpan, table } from '../../../lib/cli/text.ts'

test('counts are whole and in groups of three', (t) => {
  t.is(formatCount(0), '0')
  t.is(formatCount(1_234_567.6), '1,234,568')
})

test('bytes have the largest unit that leaves three digits', (t) => {
  t.is(formatBytes(0), '0 B')
  t.is(formatBytes(999), '999 B')
  t.is(formatBytes(1_024), '1.0 KB')
  t.is(formatBytes(201 * 1024 ** 2), '201 MB')
  t.is(formatBytes(1.5 * 1024 ** 3), '1.5 GB')
  t.is(formatBytes(5_000 * 1024 ** 4), '5000 TB')
})

test('spans are in seconds, from two minutes on in minutes', (t) => {
  t.is(formatSpan(0), '0.0 s')
  t.is(formatSpan(9_940), '9.9 s')
  t.is(formatSpan(12_345), '12 s')
  t.is(formatSpan(200_400), '3 min 20 s')
})

test('a table has its texts to the left and its numbers to the right', (t) => {
  t.deepEqual(
    table([
      ['a', 5, 'rows'],
      ['longer', 1_000, ''],
    ]),
    ['a           5  rows', 'longer  1,000'],
  )
  t.deepEqual(table([]), [])
})
