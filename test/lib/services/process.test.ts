import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  gone,
  isRunning,
  lastLines,
  signal,
  spawnProcess,
  type LeashedProcess,
} from '../../../lib/services/process.ts'

const aWhile = 10_000

async function temporaryFile(t: ExecutionContext, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-process-'))
  t.teardown(() => rm(folder, { recursive: true }))
  return join(folder, name)
}

async function sleeper(t: ExecutionContext): Promise<LeashedProcess> {
  const logFile = await temporaryFile(t, 'log')
  const child = await spawnProcess({ command: 'sleep', args: ['600'], logFile })
  t.teardown(() => signal(child, 'SIGKILL'))
  return child
}

test('a process runs until it is killed', async (t) => {
  const child = await sleeper(t)
  t.true(isRunning(child))
  signal(child, 'SIGKILL')
  t.true(await gone(child, aWhile))
  t.false(isRunning(child))
})

if (process.platform === 'linux') {
  test('another process that has got the same pid is neither taken for it nor signalled', async (t) => {
    const child = await sleeper(t)
    const former = { pid: child.pid, startTime: `${Number(child.startTime) - 1}` }
    t.false(isRunning(former))
    signal(former, 'SIGKILL')
    t.false(await gone(child, 200))
  })
}

test('a process dies with the one that started it, however that ends', async (t) => {
  const logFile = await temporaryFile(t, 'log')
  const module = new URL('../../../lib/services/process.ts', import.meta.url)
  const script = `
    import { spawnProcess } from '${module.href}'
    const logFile = ${JSON.stringify(logFile)}
    const { pid, startTime } = await spawnProcess({ command: 'sleep', args: ['600'], logFile })
    console.log(JSON.stringify({ pid, startTime }))
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script])
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const child = JSON.parse(line.toString())
  t.true(isRunning(child))
  parent.kill('SIGKILL')
  t.true(await gone(child, aWhile))
})

test('a process without its leash outlives the one that started it', async (t) => {
  const logFile = await temporaryFile(t, 'log')
  const module = new URL('../../../lib/services/process.ts', import.meta.url)
  const script = `
    import { spawnProcess } from '${module.href}'
    const logFile = ${JSON.stringify(logFile)}
    const child = await spawnProcess({ command: 'sleep', args: ['600'], logFile })
    child.release()
    console.log(JSON.stringify(child))`
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script])
  // The parent may have ended before its line arrives.
  const [[line]] = await Promise.all([once(parent.stdout, 'data'), once(parent, 'exit')])
  const child = JSON.parse(String(line))
  t.teardown(() => signal(child, 'SIGKILL'))
  t.false(await gone(child, 500))
})

test('a command that does not exist is an error', async (t) => {
  const logFile = await temporaryFile(t, 'log')
  const command = 'no-such-command-anywhere'
  await t.throwsAsync(spawnProcess({ command, args: [], logFile }), { code: 'ENOENT' })
})

test('the last lines of a log are those of this start', async (t) => {
  const file = await temporaryFile(t, 'log')
  t.is(lastLines(file, 0), '')
  await writeFile(file, 'earlier\none\ntwo\nthree\n')
  t.is(lastLines(file, 'earlier\n'.length), 'one\ntwo\nthree')
  t.is(lastLines(file, 0, 2), 'two\nthree')
})
