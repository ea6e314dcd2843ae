import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { decodeRecords } from '../../../lib/kafka/fetched-records.ts'
import type { PartitionBatch } from '../../../lib/kafka/produce.ts'
import { createProducer, roundsOf } from '../../../lib/kafka/producer.ts'
import { partitionOf } from '../../../lib/murmur2.ts'
import { event } from './batches.ts'
import { FakeTopic } from './fake-topic.ts'

const NOT_LEADER = 6
const TOO_LARGE = 10

const written = (batches: readonly PartitionBatch[]) =>
  batches.map(({ partition }) => ({ partition, error: 0 }))

async function values({ partition, bytes }: PartitionBatch): Promise<string[]> {
  const { records } = await decodeRecords({ topic: 't', partition, from: 0, bytes, aborted: [] })
  return records.map((record) => String(record.bytes))
}

test('records go to the leaders of their partitions', async (t) => {
  const topic = new FakeTopic(1, 2)
  const appending = createProducer(topic).append([
    { ...event('a'), partition: 0 },
    { ...event('b'), partition: 1 },
    { ...event('c'), partition: 0 },
  ])
  for (const expected of [
    { leader: 1, values: ['a', 'c'] },
    { leader: 2, values: ['b'] },
  ]) {
    const { leader, request, answer } = await topic.writes.next()
    t.is(leader, expected.leader)
    t.deepEqual(await values(request[0]!), expected.values)
    answer(written(request))
  }
  await appending
})

test('what one partition could not take yet is written again, the rest is not', async (t) => {
  const topic = new FakeTopic(1, 1)
  const appending = createProducer(topic).append([
    { ...event('a'), partition: 0 },
    { ...event('b'), partition: 1 },
  ])
  ;(await topic.writes.next()).answer([
    { partition: 0, error: 0 },
    { partition: 1, error: NOT_LEADER },
  ])
  topic.moveTo(2, 1)
  const again = await topic.writes.next()
  t.is(again.leader, 2)
  t.deepEqual(await values(again.request[0]!), ['b'])
  again.answer(written(again.request))
  await appending
})

test('a refusal is reported at once, with the partition', async (t) => {
  const topic = new FakeTopic(1)
  const appending = createProducer(topic).append([event('a')])
  ;(await topic.writes.next()).answer([{ partition: 0, error: TOO_LARGE }])
  const error = await t.throwsAsync(appending)
  t.is(error!.message, 'Kafka at test:1: topic "views" partition 0: MESSAGE_TOO_LARGE')
  t.is(topic.recoveries, 0)
})

test('a broker that stays away is reported after ten attempts', async (t) => {
  const topic = new FakeTopic(1)
  const failing = t.throwsAsync(createProducer(topic).append([event('a')]))
  for (let attempt = 0; attempt < 10; attempt++) (await topic.writes.next()).fail(new Error('away'))
  t.regex((await failing)!.message, /topic "views" partition 0: away/)
})

test('at most four appends are in flight', async (t) => {
  const topic = new FakeTopic(1)
  const producer = createProducer(topic)
  const all = Promise.all(Array.from({ length: 6 }, () => producer.append([event('a')])))
  const first = [1, 2, 3, 4].map(() => topic.writes.next())
  const calls = await Promise.all(first)
  t.true(await topic.writes.isIdle())
  for (const { request, answer } of calls) answer(written(request))
  for (let rest = 0; rest < 2; rest++) {
    const { request, answer } = await topic.writes.next()
    answer(written(request))
  }
  await all
})

test('records without a key go to one partition an append, in turn', async (t) => {
  const topic = new FakeTopic(1, 1)
  const producer = createProducer(topic)
  for (const partition of [0, 1, 0]) {
    const appending = producer.append([event('a'), event('b')])
    const { request, answer } = await topic.writes.next()
    t.deepEqual(
      request.map((batch) => batch.partition),
      [partition],
    )
    answer(written(request))
    await appending
  }
})

const keyed = fc.record({
  key: fc.option(fc.string({ maxLength: 10 })),
  value: fc.integer({ min: 0, max: 500_000 }).map((size) => Buffer.alloc(size)),
})

testProp(
  'every record is in one batch of its partition, in order, and no batch of several is too large',
  [fc.array(keyed, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), fc.nat(4)],
  (t, records, partitions, turn) => {
    const keyless = turn % partitions
    const rounds = roundsOf(records, partitions, keyless)
    for (const round of rounds)
      for (const batch of round.values())
        t.true(batch.length === 1 || batch.reduce((n, r) => n + r.value!.length, 0) < 1_000_000)
    for (let partition = 0; partition < partitions; partition++)
      t.deepEqual(
        rounds.flatMap((round) => round.get(partition) ?? []),
        records.filter(
          ({ key }) =>
            partition === (key === null ? keyless : partitionOf(Buffer.from(key), partitions)),
        ),
      )
  },
  { numRuns: 50 },
)

test('a record that alone is larger than a batch may be is a batch of its own', (t) => {
  const large = { ...event('x'.repeat(2_000_000)), partition: 0 }
  const rounds = roundsOf([event('a'), large, event('b')], 1, 0)
  t.deepEqual(
    rounds.map((round) => round.get(0)!.length),
    [1, 1, 1],
  )
})
