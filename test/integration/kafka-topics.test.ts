import test from 'ava'
import { Kafka, logLevel } from 'kafkajs'
import { kafkaLog } from '../../lib/kafka/log.ts'
import type { Log } from '../../lib/ports.ts'
import { type Services, startServices } from '../../lib/services/index.ts'
import { runPipeline } from '../../lib/run/run.ts'
import { systemClock } from '../../lib/clock.ts'
import { memoryStore } from '../../lib/testing.ts'
import { verify } from '../../lib/verify/verify.ts'
import { linesOf } from '../pipelines/contents.ts'
import { inputOf } from '../pipelines/input.ts'
import { viewsPipeline } from '../pipelines/views.ts'
import { Reading, until } from './kafka-reading.ts'
import { PATIENCE } from '../support/length.ts'

let services: Services<'kafka'>
let log: Log
let kafkajs: Kafka

test.before(async () => {
  services = await startServices(['kafka'])
  log = await kafkaLog({ brokers: [services.kafka.url] })
  kafkajs = new Kafka({ brokers: [services.kafka.url], logLevel: logLevel.NOTHING })
})

test.after.always(async () => {
  await log?.close()
  await services?.remove()
})

let topics = 0

/** A new topic with this value in partition 0. */
async function newTopic(partitions: number, value: string): Promise<string> {
  const topic = `topic-${topics++}`
  await log.create(topic, partitions)
  const producer = await log.producer(topic)
  await producer.append([{ key: null, value, partition: 0 }])
  await producer.close()
  return topic
}

test('two members share several topics, and both hear of one that only one of them has found', async (t) => {
  const [web, app] = [await newTopic(2, 'w'), await newTopic(2, 'a')]
  const one = await Reading.join(log, [web, app], `${web}-several`)
  t.teardown(() => one.group.leave())
  for (const topic of [web, app]) one.start(0, 0, topic)
  for (const topic of [web, app]) await one.reaches(0, 1, topic)
  t.deepEqual([one.values(0, web), one.values(0, app)], [['w'], ['a']])
  const two = await Reading.join(log, [web, app], `${web}-several`)
  t.teardown(() => two.group.leave())
  await until(() => one.ids.length === 2)
  const before = one.ids

  const late = await newTopic(2, 'l')
  one.group.subscribe(await log.topics([late]))
  await until(() => one.ids.length === 3 && two.ids.length === 3)
  t.deepEqual([...one.topics], [...two.topics])
  t.true(
    before.every((id) => one.ids.includes(id)),
    'what is read on does not move',
  )
  const all = [...one.ids, ...two.ids].sort()
  t.deepEqual(all, [web, app, late].flatMap((topic) => [`${topic}-0`, `${topic}-1`]).sort())
  const reader = one.ids.includes(`${late}-0`) ? one : two
  reader.start(0, 0, late)
  await reader.reaches(0, 1, late)
  t.deepEqual([...one.failures, ...two.failures], [])
})

test('a pattern finds topics and partitions as they come, and none that are gone or the brokers’ own', async (t) => {
  const prefix = `pattern-${topics++}`
  const pattern = new RegExp(`^(${prefix}|__)`)
  t.deepEqual(await log.topics(pattern), new Map())
  await log.create(`${prefix}.a`, 1)
  await log.create(`${prefix}.b`, 2)
  const admin = kafkajs.admin()
  t.teardown(() => admin.disconnect())
  await admin.connect()
  await admin.createPartitions({ topicPartitions: [{ topic: `${prefix}.a`, count: 3 }] })
  await until(async () => (await log.topics(pattern)).get(`${prefix}.a`) === 3)
  await admin.deleteTopics({ topics: [`${prefix}.b`] })
  await until(async () => (await log.topics(pattern)).size === 1)
  t.deepEqual(await log.topics([`${prefix}.a`, `${prefix}.b`]), new Map([[`${prefix}.a`, 3]]))
})

test('a topic and a partition that come while a pipeline runs are taken up, in both its processes', async (t) => {
  t.timeout(PATIENCE)
  const store = memoryStore()
  const stop = new AbortController()
  const pipeline = viewsPipeline({ source: { topics: /^shop\./ } })
  const run = () =>
    runPipeline({
      pipeline,
      log,
      store,
      clock: systemClock,
      commitEvery: 500,
      memory: 64 * 1024 ** 2,
      signal: stop.signal,
    })
  const fill = async (topic: string, seed: number): Promise<void> => {
    const producer = await log.producer(topic)
    await producer.append(inputOf({ seed, records: 40, late: 0, bad: 0, duplicates: 0 }))
    await producer.close()
  }
  await log.create('shop.a', 2)
  await fill('shop.a', 1)
  const runs = Promise.all([run(), run()])
  await until(() => linesOf(store, 'raw').length === 40)

  const admin = kafkajs.admin()
  t.teardown(() => admin.disconnect())
  await admin.connect()
  await admin.createPartitions({ topicPartitions: [{ topic: 'shop.a', count: 3 }] })
  await log.create('shop.b', 2)
  await fill('shop.b', 2)
  const producer = await log.producer('shop.a')
  await producer.append(
    inputOf({ seed: 3, records: 20, late: 0, bad: 0, duplicates: 0 }).map((record) => ({
      ...record,
      partition: 2,
    })),
  )
  await producer.close()
  await until(() => linesOf(store, 'raw').length === 100)
  stop.abort()
  await runs
  const report = await verify({ pipeline: 'views', store, log, clock: systemClock })
  t.deepEqual(report.findings, [])
  t.is(report.lanes.filter(({ stage }) => stage === 1).length, 5)
})
