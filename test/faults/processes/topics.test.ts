import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { systemClock } from '../../../lib/clock.ts'
import { Chain } from '../../../lib/commit/chain.ts'
import { type Services, startServices } from '../../../lib/services/index.ts'
import { type Started, using } from '../../integration/commands.ts'
import { ENDLESS, type Hurt, Trial } from '../trial/trial.ts'
import { PATIENCE } from '../../support/length.ts'

/** Of each partition. */
const RECORDS = 100

/** Longer than a fetch waits for records, in ms: what was asked for before is answered by then. */
const ANSWERED = 1_500

let services: Services<'kafka' | 'versitygw'>
let admin: Admin

test.before(async () => {
  services = await startServices(['kafka', 'versitygw'])
  admin = new Kafka({ brokers: [services.kafka.url], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
})

test.after.always(async () => {
  await admin?.disconnect()
  await services?.remove()
})

/** A topic that is read to its end by a process without an end. */
async function reading(
  t: ExecutionContext,
  name: string,
  hurt: Hurt = { patch: 'busy-lookout' },
): Promise<[Trial, Started]> {
  t.timeout(PATIENCE)
  const trial = await Trial.inTest(t, name, services.environment)
  await trial.produce(RECORDS)
  const process = trial.start(hurt, ENDLESS)
  await reads(trial, 2, RECORDS)
  return [trial, process]
}

/** Resolves when the first so many partitions are read and committed up to an offset. */
async function reads({ name, world }: Trial, partitions: number, to: number): Promise<void> {
  const isRead = (partition: number): Promise<boolean> =>
    using(world, async ({ store }) => {
      const lane = { pipeline: name, topic: name, partition, stage: 1 } as const
      const newest = await new Chain(lane, store, systemClock).newest()
      return (newest?.record.to ?? 0) >= to
    })
  for (let partition = 0; partition < partitions; partition++)
    while (!(await isRead(partition))) await sleep(50)
}

/** Delete the first records of every partition, as retention does. */
const deleteBelow = (topic: string, offset: number): Promise<void> =>
  admin.deleteTopicRecords({
    topic,
    partitions: [0, 1].map((partition) => ({ partition, offset: String(offset) })),
  })

test('records that are deleted while the process that reads them sleeps stop it, and the next one', async (t) => {
  const [trial, process] = await reading(t, 'deleted')
  process.child.kill('SIGSTOP')
  await sleep(ANSWERED)
  await trial.produce(RECORDS)
  await deleteBelow('deleted', RECORDS + 30)
  process.child.kill('SIGCONT')
  t.is(await process.over, 1, process.output())
  t.regex(
    process.output(),
    /error: .*partition [01]: offset 100 is not there \(any more\); it holds \[130, 200\)/,
  )
  const next = trial.start()
  t.is(await next.over, 1, next.output())
  t.regex(
    next.output(),
    /the next record to read is 100, and the log begins at 130: 30 records were deleted before they were read/,
  )
})

test('a topic that is deleted while it is read stops the process', async (t) => {
  const [, process] = await reading(t, 'gone')
  await admin.deleteTopics({ topics: ['gone'] })
  t.is(await process.over, 2, process.output())
  t.regex(process.output(), /error: the topic gone was deleted from Kafka at .* while it was read/)
})

test('a topic that is made anew stops the process that reads it, and the next one, however much it holds by then', async (t) => {
  const [trial, process] = await reading(t, 'anew')
  process.child.kill('SIGSTOP')
  await sleep(ANSWERED)
  await admin.deleteTopics({ topics: ['anew'] })
  await made('anew')
  await trial.produce(2 * RECORDS)
  process.child.kill('SIGCONT')
  t.is(await process.over, 1, process.output())
  t.regex(process.output(), /error: .*made anew/)
  const next = trial.start()
  t.is(await next.over, 1, next.output())
  t.regex(
    next.output(),
    /anew-[01]: this is not the topic that was read up to record \d+ of anew: it was deleted and made anew since, or/,
  )
})

/** Deletion goes on for a while after it was asked for. */
async function made(topic: string): Promise<void> {
  for (;;) {
    const topics = [{ topic, numPartitions: 2 }]
    if (await admin.createTopics({ topics, waitForLeaders: true }).catch(() => false)) return
    await sleep(50)
  }
}

test('a partition that is added while two processes run is taken up, and closes no window early', async (t) => {
  const [trial, process] = await reading(t, 'grown', {})
  const other = trial.start({}, ENDLESS)
  await trial.grow(3)
  await trial.produce(RECORDS)
  await reads(trial, 2, 2 * RECORDS)
  await using(trial.world, async ({ log }) => {
    t.is((await log.ranges('grown'))?.length, 3)
  })
  await reads(trial, 3, RECORDS)
  for (const { child, over, output } of [process, other]) {
    child.kill('SIGTERM')
    t.is(await over, 143, output())
  }
  await trial.finish(t)
})
