import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { Kafka, logLevel } from 'kafkajs'
import { openPorts } from '../../lib/cli/ports.ts'
import type { LaneName, StagedObject } from '../../lib/commit/record.ts'
import { forgeObject, recordsOf } from '../lib/verify/forgery.ts'
import {
  command,
  hasCommitted,
  servedWorld,
  start,
  type Started,
  succeeds,
  type World,
} from './commands.ts'
import { PATIENCE } from '../support/length.ts'

const TOPIC = 'ecommerce-events'
const LANES = { pipeline: 'ecommerce', topic: TOPIC, partitions: 4 }
const LANE: LaneName = { pipeline: 'ecommerce', topic: TOPIC, partition: 0, stage: 1 }

/** Events that are produced at a time. */
const EVENTS = 3_000

function produce(t: ExecutionContext, world: World, seed: number): Promise<string> {
  const options = ['--events', EVENTS, '--seed', seed, '--late', 0.01, '--malformed', 0.01]
  return succeeds(t, world, 'produce', 'ecommerce', ...options.map(String))
}

/** Start a run, and produce until it has committed something; says how often that was. */
async function running(
  t: ExecutionContext,
  world: World,
  seed: number,
): Promise<[Started, times: number]> {
  await produce(t, world, seed)
  const started = start(world, 'run', 'ecommerce', '--commit-every', '100ms')
  t.teardown(() => started.child.kill('SIGKILL'))
  for (let times = 1; ; times++) {
    for (let waited = 0; waited < 3_000; waited += 100) {
      if (await hasCommitted(world, LANES, started.child.pid)) return [started, times]
      t.is(started.child.exitCode, null, started.output())
      await sleep(100)
    }
    await produce(t, world, seed + times)
  }
}

async function stop({ child, over }: Started, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal)
  await over
}

test('on Kafka and S3, after kills and a rebalance every commit comes to the same again, and what was altered does not', async (t) => {
  // a stall detector: every command that ends is progress
  t.timeout(PATIENCE)
  const world = await servedWorld(t)

  const [killed, once] = await running(t, world, 0)
  await stop(killed, 'SIGKILL')
  const [first, twice] = await running(t, world, once)
  const [second, thrice] = await running(t, world, once + twice)
  await stop(first, 'SIGKILL')
  await produce(t, world, once + twice + thrice)
  await stop(second, 'SIGTERM')
  const events = (once + twice + thrice + 1) * EVENTS
  await succeeds(t, world, 'run', 'ecommerce', '--until-end', '--max-poll-records', '300')
  const output = await succeeds(t, world, 'verify', 'ecommerce', '--replay')
  t.notRegex(output, /not checked/)
  t.true(output.includes(`\nverified: ${events.toLocaleString('en')} records, `), output)
  t.true(output.endsWith(', and the same when run again\n'), output)

  const ports = await openPorts({ variables: world.environment, root: world.folder })
  t.teardown(() => ports.close())
  const { store } = ports
  const records = await recordsOf(store, LANE)
  const objectOf = (wanted: string): StagedObject =>
    records.flatMap(({ objects }) => objects).find(({ sink }) => sink === wanted)!
  const { key, firstOffset } = objectOf('raw-json')
  const found = await succeeds(t, world, 'find', `${TOPIC}/0@${firstOffset}`)
  t.true(found.includes(`row 1, bytes 2 to `) && found.includes(` of ${key}\n`), found)
  t.true(found.endsWith('\n  exact: its epoch was run again\n'), found)

  // retention takes away what the first commits were made of
  const brokers = [String(world.environment['KAFKA_BROKERS'])]
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  const offset = String(records.find(({ kind }) => kind === 'commit')!.to)
  await admin.fetchTopicOffsets(TOPIC)
  await admin.deleteTopicRecords({ topic: TOPIC, partitions: [{ partition: 1, offset }] })
  await forgeObject(store, LANE, objectOf('rejected').key, (text) =>
    text.replace(/"reason":"\w+/, '"reason":"whatever'),
  )
  const forged = await command(world, 'verify', 'ecommerce', '--replay')
  t.is(forged.code, 1)
  t.regex(
    forged.output,
    /DIFFERENT ecommerce-events-0 record \d+: object \S+, row \d+: it is \S*"reason":"whatever.*, made of ecommerce-events-0@\d+;/,
  )
  t.is(forged.output.match(/DIFFERENT/g)?.length, 1)
  t.true(
    forged.output.includes(
      `not checked: ecommerce-events-1: against the log, ${Number(offset).toLocaleString('en')} record`,
    ),
    forged.output,
  )
  t.regex(
    forged.output,
    /not checked: ecommerce-events-1: .* could not be run again: the log begins at offset \d+ by now/,
  )
})
