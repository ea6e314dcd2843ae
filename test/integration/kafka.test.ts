import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { CompressionTypes, Kafka, logLevel, Partitioners } from 'kafkajs'
import { newCluster } from '../../lib/kafka/cluster.ts'
import { removeGhosts, thisProcess } from '../../lib/kafka/ghosts.ts'
import { kafkaLog } from '../../lib/kafka/log.ts'
import type { SourceRecord } from '../../lib/message.ts'
import type { Log, NewRecord } from '../../lib/ports.ts'
import { type Services, startServices } from '../../lib/services/index.ts'
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

/** A new topic with these values in partition 0. */
async function newTopic(partitions = 1, ...values: string[]): Promise<string> {
  const topic = `topic-${topics++}`
  await log.create(topic, partitions)
  if (values.length > 0) await append(topic, ...values)
  return topic
}

async function append(topic: string, ...values: string[]): Promise<void> {
  const producer = await log.producer(topic)
  await producer.append(values.map((value) => ({ key: null, value, partition: 0 })))
  await producer.close()
}

async function join(t: ExecutionContext, topic: string, group = topic): Promise<Reading> {
  const reading = await Reading.join(log, topic, group)
  t.teardown(() => reading.group.leave())
  return reading
}

async function membersOf(group: string): Promise<string[]> {
  const admin = kafkajs.admin()
  await admin.connect()
  const { groups } = await admin.describeGroups([group])
  await admin.disconnect()
  return groups[0]!.members.map(({ memberId }) => memberId)
}

/** A member in a process of its own, once it has been assigned something. */
async function startMember(t: ExecutionContext, topic: string, group: string) {
  const member: ChildProcess = spawn(
    process.execPath,
    [`${import.meta.dirname}/kafka-member.ts`, services.kafka.url, topic, group],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  t.teardown(() => member.kill('SIGKILL'))
  await once(member.stdout!, 'data')
  return member
}

test.serial('reading and writing outlast the broker', async (t) => {
  t.timeout(PATIENCE)
  const topic = await newTopic(1, 'before')
  const reading = await join(t, topic)
  reading.start(0, 0)
  await reading.reaches(0, 1)
  const producer = await log.producer(topic)
  t.teardown(() => producer.close())
  await services.kafka.kill()
  const appending = producer.append([{ key: null, value: 'after' }])
  await sleep(2_000)
  await services.kafka.start()
  await appending
  await reading.reaches(0, 2)
  t.deepEqual(reading.values(0), ['before', 'after'])
  t.deepEqual(reading.failures, [])
})

test('a broker that does not answer is named', async (t) => {
  await t.throwsAsync(kafkaLog({ brokers: ['127.0.0.1:1'] }), {
    message: /^cannot reach Kafka at 127\.0\.0\.1:1 \(KAFKA_BROKERS\): .*ECONNREFUSED/,
  })
})

test('what answers otherwise than a broker is named', async (t) => {
  const other = createServer((socket) => {
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  }).listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const error = await t.throwsAsync(kafkaLog({ brokers: [`127.0.0.1:${port}`] }))
  t.like(error, { code: 'service' })
  t.true(error!.message.includes(`127.0.0.1:${port} (KAFKA_BROKERS)`))
})

test('what cannot be the address of a broker is named', async (t) => {
  for (const address of ['localhost', 'http://localhost:9092', ''])
    await t.throwsAsync(kafkaLog({ brokers: [address] }), {
      message: `KAFKA_BROKERS: "${address}" is not host:port`,
    })
})

test('a topic is made once, and has no records at first', async (t) => {
  t.is(await log.ranges('nothing'), undefined)
  const topic = await newTopic(2)
  await log.create(topic, 5)
  t.deepEqual(await log.ranges(topic), [
    { partition: 0, low: 0, high: 0 },
    { partition: 1, low: 0, high: 0 },
  ])
})

test('a topic that is not there is named', async (t) => {
  const expected = {
    message: `Kafka at ${services.kafka.url}: topic "none": there is no such topic`,
  }
  await t.throwsAsync(log.producer('none'), expected)
  await t.throwsAsync(Reading.join(log, 'none', 'none'), expected)
  await t.throwsAsync(log.create('not a name', 1), {
    message: /"not a name".*cannot have this name/,
  })
})

/** What a record says of itself, some of it only when it is asked. */
const fieldsOf = ({
  topic,
  partition,
  offset,
  timestamp,
  key,
  headers,
  bytes,
}: SourceRecord): SourceRecord => ({ topic, partition, offset, timestamp, key, headers, bytes })

test('records are read as they were written', async (t) => {
  const topic = await newTopic()
  const written: NewRecord[] = [
    {
      key: 'ключ',
      value: Buffer.from([0, 255]),
      headers: { a: 'ä' },
      timestamp: 1_700_000_000_123,
    },
    { key: null, value: null, timestamp: 0 },
    { key: Buffer.alloc(0), value: '', timestamp: 1 },
  ]
  const producer = await log.producer(topic)
  await producer.append(written)
  await producer.close()
  const reading = await join(t, topic)
  reading.start(0, 0)
  await reading.reaches(0, 3)
  t.deepEqual(
    reading.batches.flatMap(({ records }) => records.map(fieldsOf)),
    [
      {
        topic,
        partition: 0,
        offset: 0,
        timestamp: 1_700_000_000_123,
        key: Buffer.from('ключ'),
        headers: Object.assign(Object.create(null), { a: Buffer.from('ä') }),
        bytes: Buffer.from([0, 255]),
      },
      { topic, partition: 0, offset: 1, timestamp: 0, key: null, headers: undefined, bytes: null },
      {
        topic,
        partition: 0,
        offset: 2,
        timestamp: 1,
        key: Buffer.alloc(0),
        headers: undefined,
        bytes: Buffer.alloc(0),
      },
    ],
  )
})

test('a key has the partition that other producers give it, and gzip is read', async (t) => {
  const topic = await newTopic(5)
  const keys = Array.from({ length: 50 }, (_, i) => `key-${i}`)
  const producer = await log.producer(topic)
  await producer.append(keys.map((key) => ({ key, value: key })))
  await producer.close()
  const other = kafkajs.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await other.connect()
  const messages = keys.map((key) => ({ key, value: key }))
  await other.send({ topic, messages, compression: CompressionTypes.GZIP })
  await other.disconnect()

  const reading = await join(t, topic)
  for (const { partition, high } of (await log.ranges(topic))!) {
    reading.start(partition, 0)
    await reading.reaches(partition, high)
    const values = reading.values(partition)
    t.deepEqual(values.slice(0, values.length / 2), values.slice(values.length / 2))
  }
  t.is(reading.batches.flatMap(({ records }) => records).length, 100)
})

test('reading passes over the markers of transactions and what they aborted, up to the last stable offset', async (t) => {
  const topic = await newTopic(1, 'first')
  const other = kafkajs.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    transactionalId: topic,
    maxInFlightRequests: 1,
    idempotent: true,
  })
  t.teardown(() => other.disconnect())
  await other.connect()
  const transaction = async (value: string) => {
    const begun = await other.transaction()
    await begun.send({ topic, messages: [{ value }] })
    return begun
  }
  await (await transaction('committed')).commit()
  await (await transaction('aborted')).abort()
  await append(topic, 'last')
  const open = await transaction('open')
  await append(topic, 'behind the open one')

  // first, committed, its marker, aborted, its marker, last
  await until(async () => (await log.ranges(topic))![0]!.high === 6)
  const reading = await join(t, topic)
  reading.start(0, 0)
  await reading.reaches(0, 6)
  t.deepEqual(reading.values(0), ['first', 'committed', 'last'])

  await open.abort()
  // open, behind it, its marker
  await reading.reaches(0, 9)
  t.deepEqual(reading.values(0), ['first', 'committed', 'last', 'behind the open one'])
  t.is((await log.ranges(topic))![0]!.high, 9)
  t.deepEqual(reading.failures, [])
})

test('a paused partition is not read, and goes on where it was', async (t) => {
  const topic = await newTopic(1, 'a')
  const reading = await join(t, topic)
  reading.start(0, 0)
  await reading.reaches(0, 1)
  reading.group.pause([reading.of(0)])
  await append(topic, 'b', 'c')
  await sleep(500)
  t.is(reading.position(0), 1)
  reading.group.resume([reading.of(0)])
  await reading.reaches(0, 3)
  reading.start(0, 1)
  await reading.reaches(0, 3)
  t.deepEqual(reading.values(0), ['a', 'b', 'c', 'b', 'c'])
  t.deepEqual(reading.failures, [])
})

test('a rebalance moves partitions, and those that stay are read on', async (t) => {
  const topic = await newTopic(4)
  const producer = await log.producer(topic)
  t.teardown(() => producer.close())
  const write = () =>
    producer.append([0, 1, 2, 3].map((partition) => ({ key: null, value: 'x', partition })))
  const one = await join(t, topic)
  t.deepEqual(one.partitions, [0, 1, 2, 3])
  await write()
  for (const partition of one.partitions) one.start(partition, 0)
  for (const partition of one.partitions) await one.reaches(partition, 1)

  const two = await join(t, topic)
  await until(() => one.partitions.length === 2)
  t.deepEqual(
    [...one.partitions, ...two.partitions].sort((a, b) => a - b),
    [0, 1, 2, 3],
  )
  await write()
  for (const partition of one.partitions) await one.reaches(partition, 2)
  await sleep(300)
  t.deepEqual(two.batches, [], 'new partitions wait')
  for (const partition of two.partitions) t.is(one.position(partition), 1, 'moved ones are left')
  await two.group.leave()

  await until(() => one.partitions.length === 4)
  t.deepEqual(one.failures, [])
})

test('a member stays one for longer than its session while nothing is read', async (t) => {
  t.timeout(PATIENCE)
  const topic = await newTopic(2)
  const reading = await join(t, topic)
  const before = await membersOf(topic)
  await sleep(12_000)
  t.deepEqual(await membersOf(topic), before)
  t.is(reading.assignments.length, 1)
  t.deepEqual(reading.failures, [])
})

test('the mirror gives offsets and their text back, also to another member', async (t) => {
  const topic = await newTopic(3)
  const one = await join(t, topic)
  t.deepEqual(await one.group.readMirror(), [])
  const entries = [
    { topic, partition: 0, offset: 0, metadata: 'v1;i=0' },
    { topic, partition: 2, offset: 2 ** 40, metadata: '' },
  ]
  t.true(await one.group.mirror(entries))
  const two = await join(t, topic)
  t.deepEqual(await two.group.readMirror(), entries)
  await one.group.leave()
  t.false(await one.group.mirror(entries), 'who has left stores nothing')
})

test('the mirror says so when it cannot be stored', async (t) => {
  const topic = await newTopic(1)
  const { group } = await join(t, topic)
  t.false(await group.mirror([{ topic, partition: 0, offset: 1, metadata: 'x'.repeat(5_000) }]))
})

test('a range is read exactly, outside any group', async (t) => {
  const topic = await newTopic(1, 'a', 'b', 'c', 'd')
  const values: string[] = []
  for await (const { records } of log.read(topic, 0, 1, 3))
    values.push(...records.map((record) => String(record.bytes)))
  t.deepEqual(values, ['b', 'c'])
})

test('what retention has deleted is a log-range error, in a group and outside', async (t) => {
  const topic = await newTopic(1, 'a', 'b', 'c')
  const reading = await join(t, topic)
  const admin = kafkajs.admin()
  t.teardown(() => admin.disconnect())
  await admin.connect()
  await admin.fetchTopicOffsets(topic) // else it knows of no leader
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
  t.deepEqual(await log.ranges(topic), [{ partition: 0, low: 2, high: 3 }])

  reading.start(0, 1)
  await until(() => reading.failures.length > 0)
  t.like(reading.failures[0], { code: 'log-range' })
  t.regex(reading.failures[0]!.message, /offset 1 .*\[2, 3\)/)
  await t.throwsAsync(log.read(topic, 0, 1, 3)[Symbol.asyncIterator]().next(), {
    message: /partition 0: offset 1/,
  })
})

test('a member whose process was killed is taken out by the next, a stopped one is not', async (t) => {
  const topic = await newTopic(1)
  const stopped = await startMember(t, topic, `${topic}-stopped`)
  const killed = await startMember(t, topic, `${topic}-killed`)
  stopped.kill('SIGSTOP')
  killed.kill('SIGKILL')
  await once(killed, 'exit')

  const cluster = newCluster({ brokers: [services.kafka.url], clientId: 'test' })
  t.teardown(() => cluster.disconnect())
  await cluster.connect()
  const self = thisProcess()
  t.is(await removeGhosts(cluster, `${topic}-stopped`, self), 0)
  t.is(await removeGhosts(cluster, `${topic}-killed`, self), 1)
  t.is((await membersOf(`${topic}-stopped`)).length, 1)
  t.deepEqual(await membersOf(`${topic}-killed`), [])
  t.is(await removeGhosts(cluster, 'no group at all', self), 0)
})

test('who joins does not wait for a member whose process was killed', async (t) => {
  const topic = await newTopic(2)
  const killed = await startMember(t, topic, topic)
  const [ghost] = await membersOf(topic)
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  const reading = await join(t, topic)
  t.deepEqual(reading.partitions, [0, 1])
  t.false((await membersOf(topic)).includes(ghost!))
})
