import { readFile } from 'node:fs/promises'
import test from 'ava'
import { EXIT } from '../../../lib/cli/exit.ts'
import { testFolder } from '../local/folder.ts'
import { sluice } from './command-line.ts'

const page = await readFile('docs/cli.md', 'utf8')

for (const words of [
  'run ecommerce',
  'produce',
  'services',
  'log',
  'verify',
  'list',
  'forget',
  'doctor',
  'keys decode',
  'find',
])
  test(`the page on the command line shows what ${words} --help says`, async (t) => {
    const { out } = await sluice(t, testFolder(t), `${words} --help`)
    const [, shown] = page.split(`$ npm run sluice -- ${words} --help\n`)
    t.is(shown?.split('\n```')[0], out.trimEnd())
  })

test('the page on the command line lists all exit codes, and no other', (t) => {
  const [, codes] = page.split('## Exit codes')
  const listed = [...codes!.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, cell]) => cell!.split(', '))
  t.deepEqual(listed.map(Number), Object.values(EXIT))
})
