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
