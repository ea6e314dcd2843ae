import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { testFolder } from '../local/folder.ts'
import { writeProgram } from '../../support/program.ts'

interface Answer {
  readonly code: number
  readonly out: string
  readonly err: string
}

const node = (args: readonly string[], cwd: string): Promise<Answer> =>
  new Promise((done) => {
    const env = { PATH: process.env['PATH'] }
    execFile(process.execPath, args, { cwd, env }, (error, out, err) =>
      done({ code: error ? Number(error.code) : 0, out, err }),
    )
  })

/** Makes a Node pretend to be another version, without what later ones can do. */
const pretending = (version: string): string =>
  `data:text/javascript,${encodeURIComponent(
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })
     process.execve = undefined
     process.execArgv.length = 0`,
  )}`

const START = resolve('lib/cli/start.mjs')

/** A project that consists of its launcher, and of a Node that is this shell script. */
async function projectWith(t: ExecutionContext, script?: string): Promise<string> {
  const folder = testFolder(t)
  await mkdir(join(folder, 'lib/cli'), { recursive: true })
  await cp(START, join(folder, 'lib/cli/start.mjs'))
  if (script === undefined) return folder
  await mkdir(join(folder, 'node_modules/.bin'), { recursive: true })
  writeProgram(join(folder, 'node_modules/.bin/node'), `#!/bin/sh\n${script}\n`)
  return folder
}

test('a Node that is too old hands over to the one that is installed, and its exit code back', async (t) => {
  const folder = await projectWith(t, 'echo "$@"; exit 5')
  const start = join(folder, 'lib/cli/start.mjs')
  const { code, out } = await node(
    ['--import', pretending('18.20.0'), start, 'run', 'ecommerce', '--topic', 'a b'],
    folder,
  )
  t.is(out, `${start} run ecommerce --topic a b\n`)
  t.is(code, 5)
})

test('signals are handed over too', async (t) => {
  const folder = await projectWith(
    t,
    `trap 'exit 9' TERM; echo ready; for i in $(seq 100); do sleep 0.05; done`,
  )
  const start = join(folder, 'lib/cli/start.mjs')
  const child = spawn(process.execPath, ['--import', pretending('20.20.2'), start])
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  t.deepEqual(await once(child, 'exit'), [9, null])
})

test('where none is installed, one line says what to do', async (t) => {
  const folder = await projectWith(t)
  const start = join(folder, 'lib/cli/start.mjs')
  const { code, err } = await node(['--import', pretending('22.17.1'), start, '--help'], folder)
  t.is(code, 2)
  t.regex(
    err,
    /^error: sluice needs Node 22\.18 or later and this is 22\.17\.1: run npm install[^\n]*\n$/,
  )
})

/** A project whose main module does this. */
async function projectDoing(t: ExecutionContext, main: string): Promise<string> {
  const folder = await projectWith(t)
  for (const name of ['lib/cli/heap.ts', 'lib/errors.ts', 'lib/options.ts', 'lib/duration.ts'])
    await cp(resolve(name), join(folder, name))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, 'lib/cli/main.ts'), `export async function main() {\n${main}\n}\n`)
  return folder
}

test('two warnings that say nothing to a user are silenced, and no other', async (t) => {
  const folder = await projectDoing(
    t,
    `process.emitWarning('-5 is a negative number.', 'TimeoutNegativeWarning')
     process.emitWarning('Type Stripping is an experimental feature', 'ExperimentalWarning')
     process.emitWarning('other', 'ExperimentalWarning')
     process.emitWarning(new Error('leak'))
     process.emitWarning('old', { type: 'Changed' })
     await new Promise((done) => setTimeout(done, 10))
     return 7`,
  )
  const { code, err } = await node([join(folder, 'lib/cli/start.mjs')], folder)
  t.is(code, 7)
  t.deepEqual(err.match(/(?<=^\(node:\d+\) ).*/gm), [
    'ExperimentalWarning: other',
    'Error: leak',
    'Changed: old',
  ])
})

test('a pipeline gets the heap that --memory leaves it', async (t) => {
  const folder = await projectDoing(
    t,
    `const { getHeapStatistics } = await import('node:v8')
     console.log(Math.round(getHeapStatistics().heap_size_limit / 2 ** 20))
     return 0`,
  )
  const limitOf = async (...words: string[]): Promise<number> =>
    Number((await node([join(folder, 'lib/cli/start.mjs'), ...words], folder)).out)
  const own = await limitOf('produce', 'x')
  t.true((await limitOf('run', 'x')) < 300)
  const large = await limitOf('run', 'x', '--memory', '1GB')
  t.true(large > 900 && large < 1_200 && large < own)
})
