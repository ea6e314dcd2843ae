import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openPorts, type Ports } from '../lib/cli/ports.ts'
import { table } from '../lib/cli/text.ts'
import { systemClock } from '../lib/clock.ts'
import { Chain } from '../lib/commit/chain.ts'
import type { CommitRecord } from '../lib/commit/record.ts'
import { Events } from '../lib/generator/events.ts'
import { startServices } from '../lib/services/index.ts'
import eventSchema from '../pipelines/ecommerce.generator.ts'

/**
 * How long it takes from the start of a process, after the one before it was killed, to its next commit: `node bench/restarts.ts [kills] [options of run]`.
 * Input without an end, a real broker and a real store, everything on this machine.
 */
const [kills = '20', ...words] = process.argv.slice(2)

const START = fileURLToPath(new URL('../lib/cli/start.mjs', import.meta.url))
const TOPIC = 'ecommerce-events'
const PARTITIONS = 4
/** How often the chains are looked at, in ms. */
const LOOK = 50

/** The broker waits so long, in ms, for more members of a group that has none: 0 in our services, 3000 by default. */
const REBALANCE_DELAY = process.env['REBALANCE_DELAY'] ?? '0'

/** What a start came to, in ms from it. */
interface Start {
  readonly ready: number
  readonly claim: number
  readonly commit: number
}

const services = await startServices(['kafka', 'versitygw'], {
  broker: { listeners: {}, properties: { 'group.initial.rebalance.delay.ms': REBALANCE_DELAY } },
})
const folder = await mkdtemp(join(tmpdir(), 'sluice-restarts-'))
const ports = await openPorts({ variables: services.environment })
const over = new AbortController()
try {
  await ports.log.create(TOPIC, PARTITIONS)
  const producing = produce(ports, over.signal)
  const starts: Start[] = []
  await startAndKill(ports)
  while (starts.length < Number(kills)) starts.push(await startAndKill(ports))
  over.abort()
  await producing
  for (const line of report(starts)) console.log(line)
} finally {
  over.abort()
  await ports.close()
  await services.remove()
  await rm(folder, { recursive: true, force: true })
}

/** Two thousand events a second, until the signal. */
async function produce({ log }: Ports, signal: AbortSignal): Promise<void> {
  const events = new Events({
    schema: eventSchema,
    events: 1e9,
    seed: 1,
    duplicates: 0.01,
    late: 0,
    malformed: 0,
  })
  const producer = await log.producer(TOPIC)
  while (!signal.aborted) {
    await producer.append(events.take(200))
    await systemClock.sleep(100, signal).catch(() => undefined)
  }
  await producer.close()
}

/** Start a process, and kill it when it has committed something. */
async function startAndKill(world: Ports): Promise<Start> {
  const began = Date.now()
  const child = spawn(process.execPath, [START, 'run', 'ecommerce', ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...services.environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let printed = ''
  let ready = 0
  child.stderr.on('data', (bytes: Buffer) => {
    printed += bytes.toString()
    if (ready === 0 && printed.includes('reading ')) ready = Date.now() - began
  })
  try {
    for (;;) {
      const [first] = await commitsOf(world, child.pid)
      if (first) {
        const commit = Date.now() - began
        return { ready, claim: (await claimBefore(world, first)) - began, commit }
      }
      if (child.exitCode !== null) throw new Error(`it has ended: ${printed}`)
      await systemClock.sleep(LOOK)
    }
  } finally {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

function chainsOf({ store }: Ports): Chain[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    const lane = { pipeline: 'ecommerce', topic: TOPIC, partition, stage: 1 } as const
    return new Chain(lane, store, systemClock)
  })
}

/** The newest records that a process has written, of those with something in them. */
async function commitsOf(world: Ports, pid: number | undefined): Promise<CommitRecord[]> {
  const newest = await Promise.all(chainsOf(world).map((chain) => chain.newest()))
  return newest
    .flatMap((stored) => stored?.record ?? [])
    .filter(({ host, kind, records }) => host.endsWith(`/${pid}`) && kind === 'commit' && records)
}

/** When the owner of a record claimed its lane. */
async function claimBefore(world: Ports, { lane, owner, index }: CommitRecord): Promise<number> {
  const chain = chainsOf(world)[lane.partition] as Chain
  for (let at = index; ; at--) {
    const record = (await chain.read(at))?.record
    if (record?.kind === 'claim' && record.owner === owner) return Date.parse(record.at)
  }
}

function report(starts: readonly Start[]): string[] {
  const row = (title: string, of: (start: Start) => number): (string | number)[] => {
    const sorted = starts.map(of).sort((a, b) => a - b)
    const at = (part: number): number => Math.round(sorted[Math.ceil(sorted.length * part) - 1]!)
    return [title, at(0.5), at(0.95), at(1)]
  }
  return table([
    [`ms, of ${starts.length} starts`, 'p50', 'p95', 'max'],
    row('from the start until it joins', ({ ready }) => ready),
    row('until its first claim', ({ ready, claim }) => claim - ready),
    row('until its first commit', ({ claim, commit }) => commit - claim),
    row('from the start to the commit', ({ commit }) => commit),
  ])
}
