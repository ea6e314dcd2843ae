import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { startThrottle } from '../../../bench/backpressure/throttle.ts'
import { DEFAULT_MEMORY } from '../../../lib/cli/heap.ts'
import { minutes, seconds } from '../../../lib/duration.ts'
import { freePort } from '../../../lib/services/ports.ts'
import { type Services, startServices } from '../../../lib/services/index.ts'
import type { Started } from '../../integration/commands.ts'
import { faultyProxy, type FaultyProxy } from '../../support/faulty-proxy.ts'
import { groupViews } from '../../support/group-view.ts'
import { tcpProxy } from '../../support/tcp-proxy.ts'
import { ENDLESS, Trial } from '../trial/trial.ts'
import { testGhosts } from './ghosts.ts'
import { isLong, PATIENCE } from '../../support/length.ts'
import { changedAt, reached } from './zombies.ts'

let services: Services<'kafka' | 'versitygw'>

test.before(async () => {
  services = await startServices(['kafka', 'versitygw'])
})

test.after.always(() => services?.remove())

testGhosts('Kafka and versitygw', () => services.environment)

async function begin(
  t: ExecutionContext,
  name: string,
  records: number,
  variables: Readonly<Record<string, string>> = services.environment,
): Promise<Trial> {
  t.timeout(PATIENCE)
  const trial = await Trial.inTest(t, name, variables)
  await trial.produce(records)
  return trial
}

/** A trial whose processes meet the store through a proxy. */
async function beginBehindProxy(
  t: ExecutionContext,
  name: string,
  records: number,
): Promise<{ trial: Trial; proxy: FaultyProxy }> {
  const proxy = await faultyProxy(services.versitygw.url)
  t.teardown(() => proxy.close())
  const variables = { ...services.environment, S3_ENDPOINT: proxy.url }
  return { trial: await begin(t, name, records, variables), proxy }
}

/** Until something is so, which it never becomes when the process has ended. */
async function until({ child, output }: Started, isSo: () => Promise<boolean> | boolean) {
  while (!(await isSo())) {
    if (child.exitCode !== null) throw new Error(`it has ended: ${output()}`)
    await sleep(50)
  }
}

/** Bytes of memory of a process as the operating system shows them: now, and the most so far. */
function memoryOf({ child }: Started): { now: number; peak: number } {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1]) * 1_024
  return { now: field('VmRSS'), peak: field('VmHWM') }
}

const LASTS = isLong ? minutes(10) : seconds(8)
/** Pictures of more bytes than the process may hold. */
const MANY = isLong ? 4_000 : 1_200

for (const [what, away, back] of [
  ['is gone', 'kill', 'start'],
  ['takes requests and never answers', 'pause', 'resume'],
] as const)
  test.serial(
    `while a store ${what} a process keeps to its memory and stays in its group, and goes on by itself`,
    async (t) => {
      const name = `outage-${away}`
      const trial = await begin(t, name, MANY)
      const words = ['--until-end', '--commit-every', '10s']
      const change = () => services.versitygw[away]()
      const process = await changedAt(trial, 'bundle.pre@1', change, {}, words)
      const groupOf = await groupViews(t, services.kafka.url)
      const began = Date.now()
      const samples: { at: number; memory: number; members: string }[] = []
      while (Date.now() - began < LASTS) {
        const { members } = await groupOf(name)
        const { now } = memoryOf(process)
        samples.push({ at: Date.now() - began, memory: now, members: members.join() })
        await sleep(seconds(1))
      }
      const { peak } = memoryOf(process)
      await services.versitygw[back]()
      t.is(await process.over, 0, process.output())
      t.is(new Set(samples.map(({ members }) => members)).size, 1, JSON.stringify(samples))
      t.true(peak <= DEFAULT_MEMORY, `${peak}`)
      const late = samples.filter(({ at }) => at >= minutes(1)).map(({ memory }) => memory)
      t.log(what, { peak, ...(isLong && { from: late[0], most: Math.max(...late) }) })
      if (isLong) t.true(Math.max(...late) <= 1.05 * late[0]!, JSON.stringify(samples))
      await trial.check(t)
    },
  )

test.serial(
  'credentials that expire while it runs are waited for: it says so, is not ready, and goes on when they are good again',
  async (t) => {
    const { trial, proxy } = await beginBehindProxy(t, 'expired', 100)
    const port = await freePort()
    const readiness = async (): Promise<string> => {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
      return `${answer.status} ${await answer.text()}`
    }
    const expire = (): void => {
      proxy.treat = () => 'expired'
    }
    const words = ['--health-port', String(port)]
    const process = await changedAt(trial, 'commit.post@2', expire, { patch: 'impatient' }, words)
    await until(process, async () => /^503 failing.*ExpiredToken/.test(await readiness()))
    proxy.treat = () => 'pass'
    await until(process, async () => (await readiness()).startsWith('200'))
    process.child.kill('SIGTERM')
    t.is(await process.over, 143, process.output())
    t.regex(process.output(), /trying again: .*ExpiredToken.*check the credentials/)
    t.notRegex(process.output(), /claiming it again/)
    await trial.finish(t)
  },
)

test.serial('a store whose disk is full is waited for until it has room again', async (t) => {
  const { trial, proxy } = await beginBehindProxy(t, 'full', 100)
  const process = await changedAt(trial, 'commit.post@2', () => {
    proxy.treat = ({ method }) => (method === 'PUT' || method === 'POST' ? 'full' : 'pass')
  })
  await until(process, () => (proxy.given.get('full') ?? 0) >= 20)
  proxy.treat = () => 'pass'
  t.is(await process.over, 0, process.output())
  t.regex(process.output(), /trying again: .*XMinioStorageFull/)
  await trial.check(t)
})

test.serial(
  'a store that takes 64 KB a second, and 5 s for each answer, costs time and nothing else',
  async (t) => {
    const throttle = await startThrottle(Number(new URL(services.versitygw.url).port), Infinity)
    t.teardown(() => throttle.close())
    const proxy = await tcpProxy(throttle.port)
    t.teardown(() => proxy.close())
    const endpoint = { S3_ENDPOINT: `http://127.0.0.1:${proxy.port}` }
    const trial = await begin(t, 'slow', 40, { ...services.environment, ...endpoint })
    const groupOf = await groupViews(t, services.kafka.url)
    const words = ['--until-end', '--commit-every', '10s']
    const slow = (): void => {
      throttle.rate = isLong ? 64_000 : 640_000
      proxy.weather = { latency: isLong ? 5_000 : 500 }
    }
    const process = await changedAt(trial, 'claim.post@1', slow, {}, words)
    const { members } = await groupOf('slow')
    await until(process, () => throttle.passed > 1_000_000)
    t.deepEqual((await groupOf('slow')).members, members)
    t.is(await process.over, 0, process.output())
    throttle.rate = Infinity
    proxy.weather = {}
    await trial.check(t)
  },
)

test.serial(
  'a process that is told to stop while the broker is away gives up in time, and nothing is lost',
  async (t) => {
    const trial = await begin(t, 'told-without-broker', 100)
    const kill = () => services.kafka.kill()
    const process = await changedAt(trial, 'commit.post@3', kill, { patch: 'short-drain' }, ENDLESS)
    process.child.kill('SIGTERM')
    t.is(await process.over, 1, process.output())
    t.regex(process.output(), /not finished after 3 s/)
    await services.kafka.start()
    await trial.finish(t)
  },
)

test('a process whose event loop stands still for longer than a session loses its lanes to another, says so, and harms nothing', async (t) => {
  const trial = await begin(t, 'standstill', 200)
  const process = trial.start({ fault: 'barrier.pre@3:spin' })
  t.teardown(() => process.child.kill('SIGKILL'))
  await reached(process)
  await trial.finish(t)
  await trial.endSpin()
  t.is(await process.over, 0, process.output())
  t.regex(process.output(), /stood still for \d+\.\d s/)
  await trial.check(t)
})
