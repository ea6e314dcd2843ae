import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { testFolder } from '../local/folder.ts'
import { folderWithBucket } from './bucket.ts'
import { sluice, start } from './command-line.ts'

const PAGE = 'raw/page=page-0'

test('a folder that was deleted fails verify, is forgotten, and passes, with the reason', async (t) => {
  const folder = await folderWithBucket(t)
  await rm(join(folder, 'data/bucket', PAGE), { recursive: true })
  t.is((await sluice(t, folder, 'verify views')).code, 1)

  const words = ['forget', 'views', '--prefix', `${PAGE}/`, '--reason', 'by order of legal']
  const dry = await start(t, folder, [...words, '--dry-run']).ended
  t.is(dry.code, 0, dry.err)
  t.regex(
    dry.out,
    /^to be forgotten: 4 objects with 130 rows \(.* KB\) under raw\/page=page-0, by .+@.+\n/,
  )
  t.is((await sluice(t, folder, 'forget views --list')).out, '')

  const done = await start(t, folder, words).ended
  t.is(done.code, 0, done.err)
  t.regex(done.out, /^forgotten: 4 objects .*\nit covers .* views-0 6, views-1 6, views-0 merge 6/)
  const { code, out } = await sluice(t, folder, 'verify views')
  t.is(code, 0)
  t.regex(
    out,
    /\nforgotten: 4 objects with 130 rows under raw\/page=page-0: by order of legal \(.*\)\n/,
  )
  t.regex(out, /\nverified: 400 records, 21 objects with 721 rows, none lost/)

  const declared = await sluice(t, folder, 'forget views --list --json')
  t.like(JSON.parse(declared.out), { index: 1, prefix: PAGE, objects: 4, rows: 130 })
  const again = await start(t, folder, words).ended
  t.is(again.code, 2)
  t.is(again.err, `error: all that was committed under ${PAGE} is declared already\n`)
})

test('what is committed is listed as it lies in the bucket, without what was forgotten', async (t) => {
  const folder = await folderWithBucket(t)
  const keys = ({ out }: { out: string }): string[] =>
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[0]!)
  const all = await sluice(t, folder, 'list views --committed')
  t.is(all.code, 0, all.err)
  t.is(keys(all).length, 25)
  t.is(keys(await sluice(t, folder, 'list views')).length, 27)
  const [page] = [await sluice(t, folder, `list views --committed --prefix ${PAGE}/`)]
  t.is(keys(page).length, 4)
  const lines = await sluice(t, folder, 'list views --sink lines/ --json')
  t.deepEqual(
    lines.out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { state: string }).state),
    ['committed', 'committed', 'committed', 'open', 'committed', 'committed', 'committed', 'open'],
  )
  await start(t, folder, ['forget', 'views', '--prefix', PAGE, '--reason', 'test']).ended
  t.is(keys(await sluice(t, folder, 'list views --committed')).length, 21)
  t.regex((await sluice(t, folder, 'list views')).out, /\tforgotten\n/)
})

test('options that say too little or contradict each other are refused', async (t) => {
  const folder = testFolder(t)
  const wrong: [string, RegExp][] = [
    ['forget views --prefix a', /--prefix, and why with --reason/],
    ['forget views --list --dry-run', /--list shows what was declared/],
    ['verify views --seed 3', /--seed chooses a sample: say how much of it with --sample/],
    ['verify views --sample 0', /--sample takes a part in percent, above 0 and up to 100, not '0'/],
    ['verify views --since yesterday', /--since takes a duration .* or a time such as 2026-/],
    ['verify views --since 2026-11-21T08:00', /--since takes a duration/],
  ]
  for (const [words, message] of wrong) {
    const { code, err } = await sluice(t, folder, words)
    t.is(code, 2, words)
    t.regex(err, message)
  }
})
