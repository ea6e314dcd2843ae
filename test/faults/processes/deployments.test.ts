import { Kafka, logLevel } from 'kafkajs'
import test from 'ava'
import { type Services, startServices } from '../../../lib/services/index.ts'
import { hasEnded } from '../../integration/commands.ts'
import { ENDLESS, Trial } from '../trial/trial.ts'
import { reached } from './zombies.ts'
import { PATIENCE } from '../../support/length.ts'

let services: Services<'kafka' | 'versitygw'>
let elsewhere: Services<'kafka'>

test.before(async () => {
  ;[services, elsewhere] = await Promise.all([
    startServices(['kafka', 'versitygw']),
    startServices(['kafka']),
  ])
})

test.after.always(() => Promise.all([services?.remove(), elsewhere?.remove()]))

test('a deployment under the name of another one that reads from another broker stops, and harms nothing', async (t) => {
  t.timeout(PATIENCE)
  const trial = await Trial.inTest(t, 'deployed', services.environment)
  const admin = new Kafka({ brokers: [elsewhere.kafka.url], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  await admin.createTopics({
    topics: ['deployed', 'deployed-copies'].map((topic) => ({ topic, numPartitions: 2 })),
    waitForLeaders: true,
  })
  await trial.produce(100)
  const first = trial.start({ fault: 'commit.post@4:delay=1' }, ENDLESS)
  await reached(first)
  const second = trial.start({ broker: elsewhere.kafka.url }, ENDLESS)
  await trial.produceUntil(() => hasEnded(second))
  t.is(second.child.exitCode, 1, second.output())
  t.regex(second.output(), /error: deployed-\d: this is not the topic that was read up to record/)
  first.child.kill('SIGTERM')
  t.is(await first.over, 143, first.output())
  t.notRegex(first.output(), /another owner/)
  await trial.finish(t)
})
