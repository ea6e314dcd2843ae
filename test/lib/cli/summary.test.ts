import test from 'ava'
import { summaryLines } from '../../../lib/cli/summary.ts'
import type { Summary } from '../../../lib/run/tally.ts'

const nothing: Summary = {
  records: 0,
  bytes: 0,
  commits: 4,
  objects: 0,
  messages: 0,
  finished: {},
  rows: {},
  expanded: {},
  dropped: {},
  rejected: {},
  misplaced: { count: 0 },
  retries: 0,
  throttled: 0,
  elapsed: 2_000,
}

const facts = {
  pipeline: 'views',
  name: undefined,
  topics: ['page-views'],
  others: undefined,
  store: 's3://events',
  peak: 201 * 1024 ** 2,
}

test('a run says what it read, where everything went, and where to look', (t) => {
  const summary: Summary = {
    ...nothing,
    records: 12_345,
    objects: 12,
    finished: { epoch: 12 },
    rows: { raw: 12_000, hourly: 24 },
    expanded: { flatMap: 1_000 },
    dropped: { dedupe: 300 },
    rejected: { late: 40, 'malformed JSON': 5 },
  }
  t.deepEqual(summaryLines(summary, facts), [
    'views: 12,345 records of page-views in 2.0 s (6,173/s), peak memory 201 MB',
    '  written   hourly              24  rows',
    '            raw             12,000  rows',
    '  expanded  flatMap          1,000  more events',
    '  dropped   dedupe             300  events',
    '  rejected  late                40  events',
    '            malformed JSON       5  events',
    '  12 objects in s3://events',
    '',
    'look at     hourly/, raw/ in s3://events',
    'history     npm run sluice -- log views',
    'check       npm run sluice -- verify views',
  ])
})

test('a run says why objects were finished, where commits are not the only reason', (t) => {
  const summary: Summary = { ...nothing, records: 1, finished: { count: 10, drain: 2 } }
  t.deepEqual(summaryLines(summary, facts).slice(1, 3), [
    '  finished  count  10  objects',
    '            drain   2  objects',
  ])
})

test('a run that found nothing says so', (t) => {
  t.deepEqual(summaryLines(nothing, facts), ['views: nothing new in page-views'])
})

test('objects that a run only finished are something', (t) => {
  t.true(summaryLines({ ...nothing, objects: 1 }, facts).length > 1)
})

test('another instance is named where one looks for it', (t) => {
  const lines = summaryLines({ ...nothing, records: 1 }, { ...facts, name: 'again' })
  t.regex(lines[0]!, /^again: 1 records/)
  t.is(lines.at(-1), 'check       npm run sluice -- verify views --name again')
})

test('records in another partition than their key are counted, and what that means', (t) => {
  const misplaced = { count: 2, first: 'a at page-views-0@7' }
  t.true(
    summaryLines({ ...nothing, records: 9, misplaced }, facts).includes(
      "  2 records are in another partition than their key's, the first a at page-views-0@7: duplicates across partitions are not found",
    ),
  )
})

test('repeated requests are counted', (t) => {
  t.true(
    summaryLines({ ...nothing, records: 9, objects: 1, retries: 3 }, facts).includes(
      '  1 objects in s3://events, after 3 requests that had to be repeated',
    ),
  )
})

test('a store that asked for fewer requests is told of', (t) => {
  t.true(
    summaryLines({ ...nothing, records: 9, objects: 1, retries: 3, throttled: 2 }, facts).includes(
      '  1 objects in s3://events, after 3 requests that had to be repeated, 2 of them because the store asked for fewer',
    ),
  )
})
