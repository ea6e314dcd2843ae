import { mock } from 'node:test'
import test from 'ava'
import type { Cluster } from '../../../lib/kafka/client.ts'
import { topicOn } from '../../../lib/kafka/topic.ts'

const never = (): Promise<never> => new Promise(() => undefined)

/** Connections that are silent. */
const silent = {
  refreshMetadataIfNecessary: () => Promise.resolve(),
  findBroker: never,
  refreshMetadata: never,
  addTargetTopic: never,
} as unknown as Cluster

const request = { partitions: [], maxWait: 500, maxBytesPerPartition: 1, maxBytes: 1 }

test.serial('a request that is neither answered nor given up is given up here', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const topic = topicOn(silent, 'here', 'events')
  const outcomes: string[] = []
  const told = (what: string, asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => outcomes.push(`${what} goes on`),
      (error: Error) => outcomes.push(`${what}: ${error.message}`),
    )
  const all = [
    told('fetch', topic.fetch(1, request)),
    told('produce', topic.produce(1, [])),
    told('recover', topic.recover(1)),
    told('ranges', topic.ranges()),
  ]
  let over = false
  void Promise.all(all).then(() => (over = true))
  for (let seconds = 0; !over && seconds < 300; seconds++) {
    mock.timers.tick(1_000)
    await new Promise(setImmediate)
  }
  t.deepEqual(outcomes.toSorted(), [
    'fetch: no answer within 35.5 s',
    'produce: no answer within 35 s',
    'ranges: here: topic "events": no answer within 35 s',
    'recover goes on',
  ])
})
