import test from 'ava'
import type { Cluster } from '../../../lib/kafka/client.ts'
import { topicOn } from '../../../lib/kafka/topic.ts'
import { virtualClock } from '../../../lib/testing.ts'

const never = (): Promise<never> => new Promise(() => undefined)

/** Connections that are silent. */
const silent = {
  refreshMetadataIfNecessary: () => Promise.resolve(),
  findBroker: never,
  refreshMetadata: never,
  addTargetTopic: never,
} as unknown as Cluster

const request = { partitions: [], maxWait: 500, maxBytesPerPartition: 1, maxBytes: 1 }

test('a request that is neither answered nor given up is given up here', async (t) => {
  const clock = virtualClock()
  const topic = topicOn(silent, 'here', 'events', clock)
  const gives = (asked: Promise<unknown>, message: string) =>
    t.throwsAsync(clock.run(asked), { message })
  await gives(topic.fetch(1, request), 'no answer within 35.5 s')
  await gives(topic.produce(1, []), 'no answer within 35 s')
  await gives(topic.ranges(), 'here: topic "events": no answer within 35 s')
  await t.notThrowsAsync(clock.run(topic.recover(1)))
})

/** A broker that knows of two partitions and leads the first; the second has this leader. */
const leading = (second: number, offsets: () => Promise<unknown>) =>
  ({
    addTargetTopic: () => Promise.resolve(),
    refreshMetadata: () => Promise.resolve(),
    findTopicPartitionMetadata: () => [
      { partitionId: 0, leader: 1 },
      { partitionId: 1, leader: second },
    ],
    fetchTopicsOffset: offsets,
  }) as unknown as Cluster

const OFFSETS = [
  {
    partitions: [
      { partition: 0, offset: '7' },
      { partition: 1, offset: '7' },
    ],
  },
]
const RANGES = [
  { partition: 0, low: 7, high: 7 },
  { partition: 1, low: 7, high: 7 },
]

test('a partition that nobody leads is waited for and named, where it is asked for', async (t) => {
  const clock = virtualClock()
  const [first] = OFFSETS[0]!.partitions
  const cluster = leading(-1, () => Promise.resolve([{ partitions: [first] }]))
  const topic = topicOn(cluster, 'here', 'events', clock)
  const began = clock.now()
  await t.throwsAsync(clock.run(topic.ranges()), {
    code: 'service',
    message: 'here: topic "events": no broker leads partition 1 at present',
  })
  t.is(clock.now() - began, 15_000)
  t.deepEqual(await clock.run(topic.ranges([0])), RANGES.slice(0, 1))
})

test('a topic of which its leader does not know yet is asked for again', async (t) => {
  const clock = virtualClock()
  let asked = 0
  const unknown = Object.assign(new Error('unknown'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' })
  const cluster = leading(2, () =>
    ++asked <= 3 ? Promise.reject(unknown) : Promise.resolve(OFFSETS),
  )
  const topic = topicOn(cluster, 'here', 'events', clock)
  t.deepEqual(await clock.run(topic.ranges()), RANGES)
})
