import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { linesOf } from '../../../lib/cli/verify-report.ts'
import { virtualClock } from '../../../lib/testing.ts'
import { verify } from '../../../lib/verify/verify.ts'
import { folderWithBucket } from './bucket.ts'
import { sluice } from './command-line.ts'
import { append, twoRuns } from '../verify/views.ts'

const KEY = 'raw/page=page-0/views+0+0000000000.json'

test('the command exits 0 when all is well, 1 with findings, 2 for a wrong name', async (t) => {
  const folder = await folderWithBucket(t)
  const sound = await sluice(t, folder, 'verify views')
  t.is(sound.code, 0, sound.err)
  t.regex(sound.out, /not checked: against the log: there is no topic views at .* any more\n/)
  t.regex(
    sound.out,
    /\nverified: 400 records, 25 objects with 851 rows, none lost, doubled or altered; not all was checked, see above\n$/,
  )

  await rm(join(folder, 'data/bucket', KEY))
  const damaged = await sluice(t, folder, 'verify views')
  t.is(damaged.code, 1, damaged.err)
  t.regex(
    damaged.out,
    /\nLOST raw\/page=page-0\/views\+0\+0000000000\.json: it is gone: .*\nFAILED: 1 finding\n$/,
  )

  const json = await sluice(t, folder, 'verify views --json')
  t.is(json.code, 1)
  const report = JSON.parse(json.out) as { verified: boolean; findings: { where: string }[] }
  t.false(report.verified)
  t.deepEqual(
    report.findings.map(({ where }) => where),
    [KEY],
  )

  const unknown = await sluice(t, folder, 'verify vews')
  t.is(unknown.code, 2)
  t.regex(unknown.err, /^error: there is no pipeline vews in .*; there are: views\n$/)
})

test('the history is shown newest first, as many records as are asked for', async (t) => {
  const folder = await folderWithBucket(t)
  const { code, out } = await sluice(t, folder, 'log views --lane 0 --records 3')
  t.is(code, 0)
  t.is(out.trimEnd().split('\n').length, 3)
  t.regex(out, /^views-0 6 {2}release/)
  const json = await sluice(t, folder, 'log views --json --records 1')
  t.is((JSON.parse(json.out) as { index: number }).index, 6)
  t.is((await sluice(t, folder, 'log views --lane x')).code, 2)
})

test('the report says what is pending, gone from the log, unread and foreign', async (t) => {
  const { store, log } = await twoRuns()
  log.trim('views', 0, 10)
  await append(log, 400, 402)
  await store.put('raw/_SUCCESS', Buffer.from('ok'))
  const report = await verify({ pipeline: 'views', store, log, clock: virtualClock() })
  const lines = linesOf(report)
  t.true(lines.includes('not checked: views-0: against the log, 10 records that it has no more'))
  t.true(lines.includes('views-0: 1 offset still to be read'))
  t.true(
    lines.includes(
      "1 object of other writers under the sinks' prefixes, not judged, such as raw/_SUCCESS",
    ),
  )
  t.true(lines.at(-1)?.startsWith('verified: '))
})
