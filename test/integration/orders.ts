import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { environmentWith } from '../support/environment.ts'
import { isLong, PATIENCE } from '../support/length.ts'
import { command, hasCommitted, hasEnded, type World } from './commands.ts'
import { complaintsOf } from './orders/check.ts'
import { Orders, PARTITIONS, type Produced } from './orders/events.ts'
import {
  createTopics,
  javaProducer,
  peakOf,
  remainsOf,
  startPipeline,
  writeRates,
} from './orders/harness.ts'

const LANES = { pipeline: 'orders', topic: 'orders', partitions: PARTITIONS }
const KILLS = isLong ? 10 : 5
const MEMORY = 256 * 1024 ** 2

/**
 * The pipeline of orders, killed at random while orders come in, compressed by Kafka's own producer, and the table changes. In the end `verify` finds nothing, and
 * rows, messages, totals and rejects are what an independent recomputation says.
 *
 * @param services variables that lead to the services
 */
export async function everythingSurvivesKills(
  t: ExecutionContext,
  services: Readonly<Record<string, string>>,
  { codec, seed, orders }: { codec: string; seed: number; orders: number },
): Promise<void> {
  // a stall detector: every kill and every command that ends is progress
  t.timeout(PATIENCE)
  t.log(`seed ${seed}`)
  const folder = await mkdtemp(join(tmpdir(), 'sluice-orders-'))
  const world = { folder, environment: environmentWith(services) }
  const producer = await javaProducer(services['KAFKA_BROKERS']!, codec)
  try {
    await createTopics(world)
    const source = new Orders(seed)
    const input: Produced[] = []
    const produce = async (): Promise<void> => {
      const records = source.slice(orders)
      input.push(...records)
      await producer.send(records)
    }
    await writeRates(world, 1)
    let peak = 0
    for (let kill = 1; kill <= KILLS; kill++) {
      peak = Math.max(peak, await killOnce(world, kill, produce))
      t.pass(`${kill} kills`)
    }
    t.timeout(PATIENCE)
    for (const pipeline of ['orders', 'copies']) {
      const { over, output } = startPipeline(world, pipeline, '--until-end')
      t.is(await over, 0, output())
      const verify = await command(world, 'verify', pipeline)
      t.is(verify.code, 0, verify.output)
    }
    t.true(peak > 0 && peak <= MEMORY, `${peak} bytes of memory`)
    t.deepEqual(complaintsOf(await remainsOf(world, input)), [])
  } finally {
    await producer.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Start a run, let orders come in and the table change meanwhile, and kill it at some moment after its first commit. Resolves to its memory. */
async function killOnce(world: World, kill: number, produce: () => Promise<void>): Promise<number> {
  const started = startPipeline(world, 'orders', '--commit-every', '50ms')
  const { child, output, over } = started
  try {
    await produce()
    await writeRates(world, 2 * kill)
    while (!(await hasCommitted(world, LANES, child.pid))) {
      if (hasEnded(started)) throw new Error(`it has ended: ${output()}`)
      await sleep(50)
    }
    await writeRates(world, 2 * kill + 1)
    await sleep(Math.random() * 300)
    return await peakOf(child.pid)
  } finally {
    child.kill('SIGKILL')
    await over
  }
}
