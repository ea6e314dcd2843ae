import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import test from 'ava'
import { at, barrier, clock, crash, feed, type Input, restart } from '../../lib/testing.ts'
import activity from '../../pipelines/activity.ts'
import { contents, samples } from './samples.ts'

const lines = samples('activity')

/** What a producer keys them by, where it finds it. */
const keyOf = (line: string): string | null => /"CustomerId":"(.*?)"/.exec(line)?.[1] ?? null

/** Lines as records, a second apart, keyed as they are produced. */
const records = (values: readonly string[]): Input<string>[] =>
  values.map((line, i) =>
    at(`2026-01-01T09:00:${String(i).padStart(2, '0')}Z`, line, { key: keyOf(line) }),
  )

const run = (values: Readonly<Record<string, unknown>> = {}) =>
  feed(...records(lines)).into(activity, { values, partitions: 2 })

const OF_A_SECOND = {
  'activity/00-14-15-11-2014/def456-2014-11-15-14-00-00.txt':
    'def456,1416060000000,"compare ""A"", ""B""",15500\n',
  'activity/00-14-15-11-2014/ghi789-2014-11-15-14-29-59.txt': 'ghi789,1416061799000,search,2200\n',
  'activity/30-13-15-11-2014/abc123-2014-11-15-13-32-43.late-1.txt':
    'abc123,1416058363900,leave,60\n',
  'activity/30-13-15-11-2014/abc123-2014-11-15-13-32-43.txt':
    'abc123,1416058363000,search,1840\nabc123,1416058363250,view,2310\nabc123,1416058363650,view,5120\n',
  'activity/30-13-15-11-2014/abc123-2014-11-15-13-33-10.txt':
    'abc123,1416058390000,add to basket,730\n',
  'activity/30-13-15-11-2014/abc123-2014-11-15-13-59-59.txt': 'abc123,1416059999999,buy,43253\n',
  'activity/30-13-15-11-2014/def456-2014-11-15-13-32-44.txt': 'def456,1416058364100,search,960\n',
  'activity/30-13-15-11-2014/def456-2014-11-15-13-45-00.txt': 'def456,1416059100000,view,8040\n',
  'activity/30-20-21-11-2014/abc123-2014-11-21-20-50-10.txt': 'abc123,1416603010000,buy,43253\n',
}

test('there is a file for each customer and second, in folders of half an hour, sorted, and late ones beside it', async (t) => {
  const outcome = await run()
  t.deepEqual(contents(outcome, 'activity'), OF_A_SECOND)
  t.is(outcome.rows('rejected').length, 5)
  await outcome.expectNoLoss()
  await outcome.expectSameAgain()
})

test('the files are the same, however commits and kills come between the records', async (t) => {
  const input = records(lines).flatMap((record, i) => {
    if (i % 3 === 0) return [record, crash(), restart()]
    return i % 3 === 1 ? [record, barrier()] : [record]
  })
  const outcome = await feed(...input).into(activity, { partitions: 2 })
  t.deepEqual(contents(outcome, 'activity'), OF_A_SECOND)
  await outcome.expectNoLoss()
  await outcome.expectSameAgain()
})

test('files are there though no more records come, once event time has gone on', async (t) => {
  const time = '2026-01-01T09:00:00.500Z'
  const visit = { CustomerId: 'a', DateUnixMs: clock(time), Activity: 'view', DurationMs: 1 }
  const outcome = await feed(
    at(time, visit, { key: 'a' }),
    barrier(),
    barrier(),
    barrier(),
    crash(),
  ).into(activity, { partitions: 2, commitEvery: 20_000 })
  t.deepEqual(Object.keys(contents(outcome, 'activity')), [
    'activity/00-09-01-01-2026/a-2026-01-01-09-00-00.txt',
  ])
})

test('a file may hold a minute, and a folder another part of a day', async (t) => {
  const outcome = await run({ filePer: 'minute', interval: 6 * 3_600_000 })
  t.deepEqual(Object.keys(contents(outcome, 'activity')), [
    'activity/00-12-15-11-2014/abc123-2014-11-15-13-32.late-1.txt',
    'activity/00-12-15-11-2014/abc123-2014-11-15-13-32.txt',
    'activity/00-12-15-11-2014/abc123-2014-11-15-13-33.txt',
    'activity/00-12-15-11-2014/abc123-2014-11-15-13-59.txt',
    'activity/00-12-15-11-2014/def456-2014-11-15-13-32.txt',
    'activity/00-12-15-11-2014/def456-2014-11-15-13-45.txt',
    'activity/00-12-15-11-2014/def456-2014-11-15-14-00.txt',
    'activity/00-12-15-11-2014/ghi789-2014-11-15-14-29.txt',
    'activity/00-18-21-11-2014/abc123-2014-11-21-20-50.txt',
  ])
})

const BASKET = 'activity/30-13-15-11-2014/abc123-2014-11-15-13-33-10.txt'

test('rows are of the format that is asked for, with a header if it is', async (t) => {
  const rows = async (values: Readonly<Record<string, unknown>>) =>
    contents(await run(values), 'activity')[BASKET]
  t.is(await rows({ format: 'tsv' }), 'abc123\t1416058390000\tadd to basket\t730\n')
  t.is(await rows({ format: 'json' }), `${lines[4]}\n`)
  t.is(
    await rows({ header: 'present' }),
    'CustomerId,DateUnixMs,Activity,DurationMs\nabc123,1416058390000,add to basket,730\n',
  )
})

test('a header is for columns', async (t) => {
  await t.throwsAsync(run({ format: 'json', header: 'present' }), {
    code: 'config',
    message: /^--header present and --format json contradict each other: .* leave one of them out$/,
  })
})

test('files may be compressed', async (t) => {
  const text = OF_A_SECOND[BASKET]
  const bytes = async (compression: string, extension: string) =>
    (await run({ compression })).store.get(`${BASKET}.${extension}`)
  t.is(String(gunzipSync((await bytes('gzip', 'gz'))!)), text)
  t.is(String(zstdDecompressSync((await bytes('zstd', 'zst'))!)), text)
})

test('what is no activity is set aside with the reason, or dropped with a count', async (t) => {
  const outcome = await run()
  const reasons = outcome.rows<{ reason: string }>('rejected').map(({ reason }) => reason)
  for (const field of ['CustomerId', 'DateUnixMs', 'DurationMs', 'malformed JSON'])
    t.true(
      reasons.some((reason) => reason.includes(field)),
      field,
    )
  const dropping = await run({ invalid: 'drop' })
  t.deepEqual(contents(dropping, 'activity'), OF_A_SECOND)
  t.deepEqual(dropping.rows('rejected'), [])
  await dropping.expectNoLoss()
  await dropping.expectSameAgain()
})

test('what comes late may be numbered, or rejected', async (t) => {
  const numbered = Object.keys(contents(await run({ late: 'number' }), 'activity'))
  t.true(numbered.includes('activity/30-13-15-11-2014/abc123-2014-11-15-13-32-43.2.txt'))
  const outcome = await run({ late: 'reject' })
  t.false(Object.keys(contents(outcome, 'activity')).some((key) => key.includes('late')))
  const reasons = outcome.rows<{ reason: string }>('rejected').map(({ reason }) => reason)
  t.is(reasons.filter((reason) => reason.startsWith('late: ')).length, 1)
  await outcome.expectNoLoss()
  await outcome.expectSameAgain()
})
