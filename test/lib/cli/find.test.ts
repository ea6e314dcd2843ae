import { join } from 'node:path'
import test from 'ava'
import { folderLog } from '../../../lib/local/log.ts'
import type { Findings } from '../../../lib/verify/trace/find.ts'
import { append } from '../verify/views.ts'
import { folderWithBucket } from './bucket.ts'
import { sluice } from './command-line.ts'

test('the command names object and row, and exits 1 where something cannot be told', async (t) => {
  const folder = await folderWithBucket(t)
  const log = folderLog(join(folder, 'data/log'))
  await log.create('views', 2)
  await append(log, 0, 400)
  await log.close()

  const told = await sluice(t, folder, 'find views/0@2')
  t.is(told.code, 0, told.err)
  t.is(
    told.out,
    [
      'views-0@2: a value of 52 bytes, 2024-01-01T00:04:00.000Z',
      'views: record 2 of 2024-01-01 12:00:00, offsets 0 to 124',
      '  raw: kept',
      '    row 1 of raw/page=page-1/views+0+0000000002.json',
      '      {"guid":"guid-4","at":1704067440000,"page":"page-1"}',
      '  lines: kept',
      '    row 3 of lines/views+0+0000000000.jsonl',
      '      {"guid":"guid-4","at":1704067440000,"page":"page-1"}',
      '  reduce: added up, in the partials of that record',
      '  told by what rows hold: there is no pipelines/views.ts',
      '',
    ].join('\n'),
  )
  const open = await sluice(t, folder, 'find views/1@5 --json')
  t.is(open.code, 1)
  const { traces } = JSON.parse(open.out) as Findings
  t.deepEqual(
    traces[0]?.paths.map(({ path, fate }) => `${path} ${fate}`),
    ['raw kept', 'lines kept', 'reduce unknown'],
  )

  t.is((await sluice(t, folder, 'find views/0@9000')).code, 1)
  const nobody = await sluice(t, folder, 'find clicks/0@1')
  t.is(nobody.code, 2)
  t.regex(nobody.err, /^error: no pipeline has read clicks-0 in .*; there are: views\n$/)
  const wrong = await sluice(t, folder, 'find views')
  t.is(wrong.code, 2)
  t.regex(wrong.err, /^error: a record is named as <topic>\/<partition>@<offset>, such as views/)
})
