import test from 'ava'
import { readRange } from '../../../lib/kafka/range.ts'
import type { Batch } from '../../../lib/ports.ts'
import { event, kept } from './batches.ts'
import { brought, FakeTopic, refused } from './fake-topic.ts'

const records = (offset: number, ...values: string[]) => kept(values.map(event), { offset })
const text = ({ from, next, records: read }: Batch) =>
  `[${from}, ${next}) ${read.map((record) => String(record.bytes)).join()}`

/** A topic that answers fetches, in order, with these batches. */
function holding(...batches: Buffer[]): FakeTopic {
  const topic = new FakeTopic(1)
  void (async () => {
    for (const batch of batches) (await topic.fetches.next()).answer([brought(0, batch)])
  })()
  return topic
}

async function read(topic: FakeTopic, from: number, to: number): Promise<string[]> {
  const batches: string[] = []
  for await (const batch of readRange({ topic, partition: 0, from, to })) batches.push(text(batch))
  return batches
}

test('a range ends exactly at its end, inside a batch', async (t) => {
  const topic = holding(records(0, 'a', 'b'), records(2, 'c', 'd', 'e'))
  t.deepEqual(await read(topic, 0, 3), ['[0, 2) a,b', '[2, 3) c'])
  t.true(await topic.fetches.isIdle())
})

test('a range may end in a gap', async (t) => {
  const topic = holding(kept([event('a')], { offset: 0, next: 9 }))
  t.deepEqual(await read(topic, 0, 5), ['[0, 5) a'])
})

test('an empty range asks for nothing', async (t) => {
  const topic = new FakeTopic(1)
  t.deepEqual(await read(topic, 4, 4), [])
  t.true(await topic.fetches.isIdle())
})

test('the next fetch is under way while a batch is worked on', async (t) => {
  const topic = new FakeTopic(1)
  const batches = readRange({ topic, partition: 0, from: 0, to: 9 })
  const first = batches.next()
  ;(await topic.fetches.next()).answer([brought(0, records(0, 'a'))])
  await first
  t.is((await topic.fetches.next()).request.partitions[0]!.offset, 1)
  t.true(await topic.fetches.isIdle())
})

test('a reader that goes away early leaves no failure behind', async (t) => {
  const topic = new FakeTopic(1)
  const batches = readRange({ topic, partition: 0, from: 0, to: 9 })
  const first = batches.next()
  ;(await topic.fetches.next()).answer([brought(0, records(0, 'a'))])
  await first
  const ahead = await topic.fetches.next()
  await batches.return(undefined)
  ahead.answer([refused(0, 29)])
  t.true(await topic.fetches.isIdle())
})

test('a log that ends before the range does is a log-range error', async (t) => {
  const topic = holding(records(0, 'a'), ...Array.from({ length: 10 }, () => Buffer.alloc(0)))
  const error = await t.throwsAsync(read(topic, 0, 5_000))
  t.like(error, { code: 'log-range' })
  t.regex(error!.message, /topic "views" partition 0: it ends at offset 1000, before 5000/)
})

test('an offset that is not in the log any more is a log-range error at once', async (t) => {
  const topic = new FakeTopic(1)
  const reading = read(topic, 3, 5)
  ;(await topic.fetches.next()).answer([refused(0, 1)])
  t.like(await t.throwsAsync(reading), { code: 'log-range' })
  t.is(topic.recoveries, 0)
})

test('a broker that is away is tried ten times', async (t) => {
  const topic = new FakeTopic(1)
  const reading = read(topic, 0, 1)
  for (let attempt = 0; attempt < 9; attempt++) (await topic.fetches.next()).fail(new Error('away'))
  ;(await topic.fetches.next()).answer([brought(0, records(0, 'a'))])
  t.deepEqual(await reading, ['[0, 1) a'])

  const failing = t.throwsAsync(read(topic, 0, 1))
  for (let attempt = 0; attempt < 10; attempt++)
    (await topic.fetches.next()).fail(new Error('away'))
  const error = await failing
  t.like(error, { code: 'service' })
  t.regex(error!.message, /topic "views" partition 0: away/)
})
