import test from 'ava'
import type { Log } from '../../../lib/ports.ts'
import { TopicProducers } from '../../../lib/run/producers.ts'
import { faultyProducer, memoryLog, virtualClock } from '../../../lib/testing.ts'

const record = { key: null, value: 'x' }

/** A log that counts its producers, the n-th append of each of which fails. */
async function failingLog(nth: number): Promise<Log & { opened: number; closed: number }> {
  const log = memoryLog()
  await log.create('copies', 3)
  const counts = { opened: 0, closed: 0 }
  return Object.assign(counts, log, {
    async producer(topic: string) {
      const fault = ({ number }: { number: number }) =>
        number === nth ? ({ before: 'fail' } as const) : undefined
      const producer = faultyProducer(await log.producer(topic), { clock: virtualClock(), fault })
      counts.opened++
      return { ...producer, partitions: 3, close: async () => void counts.closed++ }
    },
  })
}

test('a topic that is not there is named before anything is read', async (t) => {
  const log = memoryLog()
  await log.create('copies', 1)
  await t.throwsAsync(TopicProducers.open(['copies', 'totals'], log), {
    code: 'config',
    message:
      'there is no topic totals at memory to produce to: create it, with as many partitions as its readers need',
  })
})

test('a producer that has failed is opened anew, and closed when nobody uses it', async (t) => {
  const log = await failingLog(2)
  const producers = await TopicProducers.open(['copies'], log)
  t.is(producers.partitions('copies'), 3)
  await producers.append('copies', [record])
  const [failed, other] = await Promise.allSettled([
    producers.append('copies', [record]),
    producers.append('copies', [record]),
  ])
  t.is(failed.status, 'rejected')
  t.is(other.status, 'fulfilled')
  t.deepEqual([log.opened, log.closed], [1, 1])
  await producers.append('copies', [record])
  t.deepEqual([log.opened, log.closed], [2, 1])
  await producers.close()
  t.is(log.closed, 2)
})

test('a topic that vanishes while the pipeline runs may come back: it is no reason to stop', async (t) => {
  const log = await failingLog(1)
  const producers = await TopicProducers.open(['copies'], log)
  await t.throwsAsync(producers.append('copies', [record]))
  const away = Object.assign(log, { producer: () => Promise.reject(new Error('gone')) })
  t.is(away.opened, 1)
  await t.throwsAsync(producers.append('copies', [record]), { code: 'service', message: 'gone' })
  await t.throwsAsync(producers.append('copies', [record]), { code: 'service', message: 'gone' })
})
