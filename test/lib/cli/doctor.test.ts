import { readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { folderStore } from '../../../lib/local/store.ts'
import { testFolder } from '../local/folder.ts'
import { sluice } from './command-line.ts'

const UPLOADS = 'data/bucket/.sluice/uploads'

/** Begin an upload in a bucket that is a folder, so many days ago. */
async function begin(folder: string, key: string, daysAgo: number): Promise<void> {
  const store = await folderStore(join(folder, 'data/bucket'))
  const id = await store.createUpload(key)
  await store.close()
  const time = Date.now() / 1_000 - daysAgo * 86_400
  utimesSync(join(folder, UPLOADS, id, 'upload.json'), time, time)
}

test('an orphaned upload is found and removed; a young one, and that of somebody else, are left', async (t) => {
  const folder = testFolder(t)
  const { code, err } = await sluice(t, folder, 'run hello', { EVENTS: '1000' })
  t.is(code, 0, err)
  t.is((await sluice(t, folder, 'doctor')).out.split('\n').at(-2), 'well: 4 lanes')

  await begin(folder, 'hello/visitors+1+0000000007.jsonl', 3)
  await begin(folder, 'hello/visitors+1+0000000008.jsonl', 0.5)
  await begin(folder, 'hello/report.pdf', 3)
  await begin(folder, 'others/visitors+1+0000000007.jsonl', 3)
  const found = await sluice(t, folder, 'doctor hello')
  t.is(found.code, 1)
  t.regex(
    found.out,
    /\nORPHANED UPLOAD hello\/visitors\+1\+0000000007\.jsonl, since .*; --remove aborts it\n/,
  )
  t.regex(found.out, /\n1 open upload of others .* left alone: hello\/report\.pdf, begun /)
  t.regex(found.out, /\nFOUND: 1 finding\n$/)

  const removed = await sluice(t, folder, 'doctor hello --remove')
  t.is(removed.code, 0, removed.err)
  t.regex(removed.out, /\nremoved: orphaned upload hello\/visitors\+1\+0000000007\.jsonl, since/)
  t.is(readdirSync(join(folder, UPLOADS)).length, 3)
  const [line] = (await sluice(t, folder, 'doctor hello --json --older-than 1h')).out.split('\n')
  t.like(JSON.parse(line!), { pipeline: 'hello', findings: [{ kind: 'orphaned upload' }] })
  t.is((await sluice(t, folder, 'verify hello')).code, 0)
})

test('what is not there, or says too little, is refused', async (t) => {
  const folder = testFolder(t)
  t.regex((await sluice(t, folder, 'doctor')).err, /^error: There is no bucket in folder /)
  await (await folderStore(join(folder, 'data/bucket'))).close()
  for (const [words, message] of [
    ['doctor', /^error: no pipeline has run in /],
    ['doctor hello', /^error: there is no pipeline hello in /],
    ['doctor --name other', /^error: --topic and --name are of one pipeline: say which$/m],
    ['doctor hello --older-than yesterday', /^error: --older-than takes a duration/],
  ] as const) {
    const { code, err } = await sluice(t, folder, words)
    t.is(code, 2, words)
    t.regex(err, message)
  }
})
