import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { openPorts, type Ports } from '../../lib/cli/ports.ts'
import { checkEcommerce } from '../support/checker/check.ts'
import type { BucketObject, LogRecord } from '../support/checker/world.ts'
import { objectsUnder } from '../support/objects.ts'
import { environmentWith } from '../support/environment.ts'
import { isLong, PATIENCE } from '../support/length.ts'
import { hasCommitted, hasEnded, start, succeeds, using, type World } from './commands.ts'

const TOPIC = 'ecommerce-events'
const LANES = { pipeline: 'ecommerce', topic: TOPIC, partitions: 4 }
export const KILLS = isLong ? 20 : 8
/** That there are at first, and that come when they are done. */
const EVENTS = isLong ? 400_000 : 80_000

/**
 * The main job as a user runs it, killed again and again with SIGKILL while it works, then run to the end: `verify` and an independent recomputation from
 * the log must find nothing.
 *
 * @param services variables that lead to the services; none for the folders
 */
export async function survivesKills(
  t: ExecutionContext,
  services: Readonly<Record<string, string>>,
): Promise<void> {
  // a stall detector: every kill and every command that ends is progress
  t.timeout(PATIENCE)
  const folder = await mkdtemp(join(tmpdir(), 'sluice-kills-'))
  const world = { folder, environment: environmentWith(services) }
  // in folders a run has an end, which it keeps when it is killed: what comes meanwhile is for the next one
  const isEndless = 'KAFKA_BROKERS' in services
  try {
    // so that there is something to look at before the first run has made it
    await (await openPorts({ variables: world.environment, root: folder })).close()
    const earlierRuns: number[][] = []
    await produce(t, world, 0, EVENTS)
    for (let kills = 0, seed = 1; kills < KILLS; seed++) {
      // so that there is something left to commit
      if (isEndless) await produce(t, world, seed, EVENTS / 8)
      if (await killOnce(t, world)) kills++
      else {
        earlierRuns.push(await ends(world))
        await produce(t, world, seed, EVENTS / 2)
      }
      t.pass(`${kills} kills`)
    }
    await succeeds(t, world, 'run', 'ecommerce', '--until-end')
    await succeeds(t, world, 'verify', 'ecommerce')
    const outcome = await recomputed(world, earlierRuns)
    t.deepEqual(outcome.complaints, [])
    t.true(outcome.valid > EVENTS * 0.9 && outcome.aggregates > 0 && outcome.rejected > 0)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function produce(
  t: ExecutionContext,
  world: World,
  seed: number,
  events: number,
): Promise<void> {
  const options = ['--events', events, '--seed', seed, '--late', 0.01, '--malformed', 0.01]
  await succeeds(t, world, 'produce', 'ecommerce', ...options.map(String))
}

/** Start a run and kill it once it has committed something; false where it was over before, as it may be in folders. */
async function killOnce(t: ExecutionContext, world: World): Promise<boolean> {
  const started = start(world, 'run', 'ecommerce', '--commit-every', '50ms')
  const { child, output, over } = started
  try {
    while (!hasEnded(started) && !(await hasCommitted(world, LANES, child.pid))) await sleep(50)
    await sleep(Math.random() * 150)
    if (!hasEnded(started)) return true
    t.is(child.exitCode, 0, output())
    return false
  } finally {
    child.kill('SIGKILL')
    await over
  }
}

/** Where the log ends now, by partition: where a finite run that is over has ended. */
const ends = (world: World): Promise<number[]> =>
  using(world, async ({ log }) => ((await log.ranges(TOPIC)) ?? []).map(({ high }) => high))

const recomputed = (world: World, earlierRuns: number[][]): ReturnType<typeof checkEcommerce> =>
  using(world, (ports) => checkEcommerce(records(ports), objects(ports), { earlierRuns }))

async function* records({ log }: Ports): AsyncGenerator<LogRecord> {
  for (const { partition, low, high } of (await log.ranges(TOPIC)) ?? [])
    for await (const batch of log.read(TOPIC, partition, low, high))
      for (const { offset, timestamp, bytes } of batch.records)
        yield { partition, offset, timestamp, value: bytes }
}

async function* objects({ store }: Ports): AsyncGenerator<BucketObject> {
  for (const prefix of ['raw-json/', 'aggregates/', 'rejected/']) yield* objectsUnder(store, prefix)
}
