import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { heapFlags } from '../../lib/cli/heap.ts'
import { openPorts } from '../../lib/cli/ports.ts'
import { systemClock } from '../../lib/clock.ts'
import { type Duration, seconds } from '../../lib/duration.ts'
import { newCluster } from '../../lib/kafka/cluster.ts'
import { membersOf } from '../../lib/kafka/ghosts.ts'
import { startServices } from '../../lib/services/index.ts'
import type { Told } from './archiver.ts'
import { startThrottle, type Throttle } from './throttle.ts'

const MB = 1e6

/** A store that takes much, then little, then much again: bytes a second, and for how long. */
export interface Phase {
  readonly rate: number
  readonly lasts: Duration
}

const PHASES: readonly [Phase, Phase, Phase] = [
  { rate: 20 * MB, lasts: seconds(15) },
  { rate: 5 * MB, lasts: seconds(45) },
  { rate: 20 * MB, lasts: seconds(15) },
]

/** Where things stood at one moment. */
export interface Sample extends Told {
  /** ms since the beginning. */
  readonly at: number
  /** Which of the phases, from 0. */
  readonly phase: number
  /** Bytes that the store has been sent so far. */
  readonly uploaded: number
  /** Members of the consumer group, by the names that the broker gives them. */
  readonly members: string
}

const TOPIC = 'archived'
const GROUP = 'backpressure'
const PARTITIONS = 4
const VALUE_BYTES = 2_000
const SAMPLED_EVERY = 500

/** Archive a topic of a real broker through the phases. What is fetched, uploaded and held in memory is told every half second. */
export async function runExperiment(phases: readonly Phase[] = PHASES): Promise<Sample[]> {
  const services = await startServices(['kafka', 'versitygw'])
  try {
    await fill(services.environment, phases)
    const { hostname, port, protocol } = new URL(services.environment.S3_ENDPOINT!)
    const throttle = await startThrottle(Number(port), phases[0]?.rate ?? Infinity)
    const environment = {
      ...services.environment,
      S3_ENDPOINT: `${protocol}//${hostname}:${throttle.port}`,
    }
    try {
      return await archive(environment, throttle, phases)
    } finally {
      await throttle.close()
    }
  } finally {
    await services.remove()
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** As much as the store takes in all phases. */
async function fill(variables: Environment, phases: readonly Phase[]): Promise<void> {
  const bytes = phases.reduce((sum, { rate, lasts }) => sum + (rate * lasts) / 1_000, 0)
  const ports = await openPorts({ variables })
  const { log } = ports
  await log.create(TOPIC, PARTITIONS)
  const producer = await log.producer(TOPIC)
  const value = Buffer.alloc(VALUE_BYTES, 'x')
  for (let sent = 0; sent < bytes / VALUE_BYTES; sent += 2_000)
    await producer.append(
      Array.from({ length: 2_000 }, (_, i) => ({ key: null, value, partition: i % PARTITIONS })),
    )
  await producer.close()
  await ports.close()
}

async function archive(
  environment: Environment,
  throttle: Throttle,
  phases: readonly Phase[],
): Promise<Sample[]> {
  const file = fileURLToPath(new URL('archiver.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    [...heapFlags(['run']), '--disable-warning=TimeoutNegativeWarning', file, TOPIC, GROUP],
    {
      // as the command line starts a pipeline
      env: {
        PATH: process.env['PATH'],
        MALLOC_ARENA_MAX: '1',
        MALLOC_MMAP_THRESHOLD_: '131072',
        MALLOC_TRIM_THRESHOLD_: '131072',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const over = new Promise<number | null>((resolve) => child.on('close', resolve))
  const observer = { brokers: [environment['KAFKA_BROKERS']!], clientId: 'observer' }
  const cluster = newCluster(observer)
  const samples: Sample[] = []
  let told: Told = { fetched: 0, memory: 0, peak: 0 }
  createInterface({ input: child.stdout }).on('line', (line) => (told = JSON.parse(line) as Told))
  try {
    await cluster.connect()
    while (told.fetched === 0) await systemClock.sleep(SAMPLED_EVERY)
    const begin = performance.now()
    let end = 0
    for (const [phase, { rate, lasts }] of phases.entries()) {
      throttle.rate = rate
      end += lasts
      while (performance.now() - begin < end) {
        const coordinator = await cluster.findGroupCoordinator({ groupId: GROUP })
        const members = await membersOf(coordinator, GROUP)
        const names = members.map(({ memberId }) => memberId).join(' ')
        const at = performance.now() - begin
        samples.push({ ...told, at, phase, uploaded: throttle.passed, members: names })
        await systemClock.sleep(SAMPLED_EVERY)
      }
    }
    return samples
  } finally {
    child.kill('SIGKILL')
    await over
    await cluster.disconnect()
  }
}
