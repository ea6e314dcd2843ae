import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { freePort } from '../../lib/services/ports.ts'
import { type Services, startServices } from '../../lib/services/index.ts'
import { command, said, start, type Started, type World, worldOf } from './commands.ts'
import { PATIENCE } from '../support/length.ts'

let services: Services<'kafka' | 'versitygw'>

test.before(async () => {
  services = await startServices(['kafka', 'versitygw'])
})

test.after.always(() => services?.remove())

async function newWorld(t: ExecutionContext, topic: string, events: number): Promise<World> {
  t.timeout(PATIENCE)
  const world = await worldOf(t, services.environment)
  const plan = ['--events', `${events}`, '--topic', topic]
  const { code, output } = await command(world, 'produce', 'ecommerce', ...plan)
  t.is(code, 0, output)
  return world
}

/** Pids of the children of a process. */
async function childrenOf({ child: { pid } }: Started): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  const pids = text.split(' ').filter(Boolean).map(Number)
  const words = await Promise.all(
    pids.map((one) => readFile(`/proc/${one}/cmdline`, 'utf8').catch(() => '')),
  )
  return pids.filter((_, at) => words[at]!.includes('processes/child.ts'))
}

const recordsIn = (output: string): number =>
  Number(/: ([\d,]+) records of/.exec(output)?.[1]?.replaceAll(',', ''))

test.serial('two processes come to what the log holds, though one of them is killed', async (t) => {
  const world = await newWorld(t, 'killed', 60_000)
  const words = ['--topic', 'killed', '--commit-every', '200ms']
  const run = start(world, 'run', 'ecommerce', '--until-end', '--processes', '2', ...words)
  await said(run, /^\[\d\] reading killed/, 2)
  const [pid] = await childrenOf(run)
  process.kill(pid!, 'SIGKILL')
  t.is(await run.over, 0, run.output())
  t.regex(run.output(), /^process \d has died \(SIGKILL\): another one takes its place in 1 s$/m)
  t.is([...run.output().matchAll(/ records of killed in /g)].length, 1, run.output())
  const verify = await command(world, 'verify', 'ecommerce', '--topic', 'killed')
  t.is(verify.code, 0, verify.output)
  t.regex(verify.output, /^verified: 60,000 records/m)
})

test.serial('SIGTERM ends all cleanly with 143, and the port speaks for all', async (t) => {
  const world = await newWorld(t, 'stopped', 20_000)
  const port = await freePort()
  const words = ['--topic', 'stopped', '--processes', '2', '--health-port', `${port}`]
  const run = start(world, 'run', 'ecommerce', ...words)
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`)
  await said(run, /^\[\d\] reading stopped/, 2)
  while ((await get('/readyz')).status !== 200) await sleep(100)
  t.is((await get('/livez')).status, 200)
  const metrics = await (await get('/metrics')).text()
  for (const one of [1, 2])
    t.regex(metrics, new RegExp(`sluice_objects_published_total\\{.*process="${one}"`))
  run.child.kill('SIGTERM')
  t.is(await run.over, 143, run.output())
  t.is([...run.output().matchAll(/SIGTERM: finishing what is under way/g)].length, 1)
  const rest = await command(world, 'run', 'ecommerce', '--topic', 'stopped', '--until-end')
  t.is(rest.code, 0, rest.output)
  t.is((recordsIn(run.output()) || 0) + (recordsIn(rest.output) || 0), 20_000)
  const verify = await command(world, 'verify', 'ecommerce', '--topic', 'stopped')
  t.is(verify.code, 0, verify.output)
})

test.serial('children die with their parent, however it dies', async (t) => {
  const world = await newWorld(t, 'orphaned', 1_000)
  const run = start(world, 'run', 'ecommerce', '--topic', 'orphaned', '--processes', '2')
  await said(run, /^\[\d\] reading orphaned/, 2)
  const pids = await childrenOf(run)
  t.is(pids.length, 2)
  run.child.kill('SIGKILL')
  await run.over
  for (const pid of pids)
    while (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) await sleep(50)
  t.pass()
})
