import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { PATIENCE } from '../support/length.ts'

const run = promisify(execFile)

/** What a clone does not have. */
const OWN = new Set(['.git', '.env', 'data', 'node_modules'])

/** A command to run, or a file to write. */
type Step = { readonly command: string } | { readonly file: string; readonly text: string }

/** Code blocks of a section: commands, and files by the name in the line before. */
function stepsOf(readme: string, heading: string): Step[] {
  const section = readme.split(/^## /m).find((text) => text.startsWith(heading)) ?? ''
  const blocks = section.matchAll(/([^\n]*)\n\n```(\w+)\n(.*?)```/gs)
  return [...blocks].flatMap(([, before = '', language, text = '']): Step[] => {
    if (language === 'sh')
      return text
        .trim()
        .split('\n')
        .map((command) => ({ command }))
    const file = /`([^`]+)`:$/.exec(before)?.[1]
    if (file === undefined) throw new Error(`no file is named before:\n${text}`)
    return [{ file, text }]
  })
}

test('the ten minutes of the README are what they say, in an empty clone', async (t) => {
  t.timeout(PATIENCE)
  const clone = await mkdtemp(join(tmpdir(), 'sluice-clone-'))
  t.teardown(() => rm(clone, { recursive: true, force: true }))
  await cp('.', clone, {
    recursive: true,
    filter: (path) => path === '.' || !OWN.has(basename(path)) || path.includes('/'),
  })
  const steps = stepsOf(await readFile('README.md', 'utf8'), 'Ten minutes')
  t.is(steps.filter((step) => 'file' in step).length, 5)

  const said: string[] = []
  for (const step of [{ command: 'npm ci' }, ...steps])
    if ('file' in step) await writeFile(join(clone, step.file), step.text)
    else
      said.push(
        (await run('sh', ['-c', step.command], { cwd: clone, env: withoutServices() })).stdout,
      )

  const all = said.join('\n')
  t.is(all.match(/^1 passed, 0 failed$/gm)?.length, 2)
  t.regex(all, /10,000 records/)
  t.deepEqual(await readdir(join(clone, 'data/bucket/prices')), ['all', 'changes', 'rejected'])
  await run('sh', ['-c', 'npm run typecheck && npm run lint && npm run format:check'], {
    cwd: clone,
  })
})

/** The environment without what names services of this machine. */
function withoutServices(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(KAFKA|S3|AWS)_/.test(name)),
  )
}
