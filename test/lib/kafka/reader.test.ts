import test, { type ExecutionContext } from 'ava'
import type { SluiceError } from '../../../lib/errors.ts'
import { startReader } from '../../../lib/kafka/reader.ts'
import { event, kept, marker } from './batches.ts'
import { brought, FakeTopic, refused } from './fake-topic.ts'

const NOT_LEADER = 6
const OUT_OF_RANGE = 1
const NOT_AUTHORIZED = 29

/**
 * A reader of a topic whose partitions have these leaders. What it delivers and why it failed is
 * kept as text.
 */
function start(t: ExecutionContext, ...leaders: number[]) {
  const topic = new FakeTopic(...leaders)
  const delivered: string[] = []
  const failures: SluiceError[] = []
  const retried: string[] = []
  const reader = startReader({
    topic,
    pollTimeout: 500,
    deliver: ({ partition, from, next, records }) =>
      delivered.push(
        `${partition}: [${from}, ${next}) ${records.map((r) => String(r.bytes)).join()}`,
      ),
    retrying: (partition, error) => retried.push(`${partition}: ${String(error)}`),
    failed: (error) => failures.push(error),
  })
  t.teardown(() => reader.stop())
  const read = (partition: number, offset: number) => {
    reader.seek(partition, offset)
    reader.resume([partition])
  }
  const { fetches } = topic
  /** The next fetch as text, and the ways to answer it. */
  const fetched = async () => {
    const { request, ...call } = await fetches.next()
    return {
      ...call,
      asked: request.partitions.map(({ partition, offset }) => `${partition} from ${offset}`),
    }
  }
  return { topic, reader, read, delivered, retried, failures, fetches, fetched }
}

const records = (offset: number, ...values: string[]) => kept(values.map(event), { offset })

test('batches follow on each other from where the partition was sought to', async (t) => {
  const { reader, read, fetched, delivered } = start(t, 1)
  reader.assign([0])
  read(0, 5)
  const first = await fetched()
  t.deepEqual(first.asked, ['0 from 5'])
  first.answer([brought(0, records(5, 'a', 'b'))])
  const second = await fetched()
  t.deepEqual(second.asked, ['0 from 7'])
  second.answer([brought(0, records(7, 'c'))])
  t.deepEqual((await fetched()).asked, ['0 from 8'])
  t.deepEqual(delivered, ['0: [5, 7) a,b', '0: [7, 8) c'])
})

test('a new partition is not read before it has been sought and resumed', async (t) => {
  const { reader, fetched, fetches } = start(t, 1)
  reader.assign([0])
  t.true(await fetches.isIdle())
  reader.resume([0])
  t.true(await fetches.isIdle())
  reader.pause([0])
  reader.seek(0, 3)
  t.true(await fetches.isIdle())
  reader.resume([0])
  t.deepEqual((await fetched()).asked, ['0 from 3'])
})

test('a fetch without anything new delivers nothing and is repeated', async (t) => {
  const { reader, read, fetched, delivered } = start(t, 1)
  reader.assign([0])
  read(0, 5)
  ;(await fetched()).answer([brought(0)])
  t.deepEqual((await fetched()).asked, ['0 from 5'])
  t.deepEqual(delivered, [])
})

test('offsets without records move the position', async (t) => {
  const { reader, read, fetched, delivered } = start(t, 1)
  reader.assign([0])
  read(0, 5)
  ;(await fetched()).answer([brought(0, marker('commit', 5, 7))])
  t.deepEqual((await fetched()).asked, ['0 from 6'])
  t.deepEqual(delivered, ['0: [5, 6) '])
})

test('what arrives for a paused partition is dropped, and asked for again when it is resumed', async (t) => {
  const { reader, read, fetched, fetches, delivered } = start(t, 1)
  reader.assign([0])
  read(0, 5)
  const late = await fetched()
  reader.pause([0])
  late.answer([brought(0, records(5, 'a'))])
  t.true(await fetches.isIdle())
  t.deepEqual(delivered, [])
  reader.resume([0])
  t.deepEqual((await fetched()).asked, ['0 from 5'])
})

test('what arrives after a seek is dropped, and the new offset is asked for', async (t) => {
  const { reader, read, fetched, delivered } = start(t, 1)
  reader.assign([0])
  read(0, 5)
  const late = await fetched()
  reader.seek(0, 2)
  late.answer([brought(0, records(5, 'a'))])
  t.deepEqual((await fetched()).asked, ['0 from 2'])
  t.deepEqual(delivered, [])
})

test('what arrives for a partition that was taken away is dropped', async (t) => {
  const { reader, read, fetched, fetches, delivered } = start(t, 1)
  reader.assign([0])
  read(0, 5)
  const late = await fetched()
  reader.assign([])
  late.answer([brought(0, records(5, 'a'))])
  t.true(await fetches.isIdle())
  t.deepEqual(delivered, [])
})

test('a partition kept in a new assignment goes on, one that comes back waits', async (t) => {
  const { reader, read, fetched, fetches, delivered } = start(t, 1, 1)
  reader.assign([0, 1])
  read(0, 5)
  const first = await fetched()
  reader.assign([0])
  first.answer([brought(0, records(5, 'a'))])
  t.deepEqual((await fetched()).asked, ['0 from 6'])
  t.deepEqual(delivered, ['0: [5, 6) a'])
  reader.assign([1])
  reader.assign([0, 1])
  reader.resume([0])
  t.true(await fetches.isIdle())
})

test('a partition may be sought and paused from inside the delivery', async (t) => {
  const topic = new FakeTopic(1)
  const reader = startReader({
    topic,
    pollTimeout: 500,
    deliver: () => {
      reader.seek(0, 20)
    },
    retrying: () => t.fail(),
    failed: (error) => t.fail(error.message),
  })
  t.teardown(() => reader.stop())
  reader.assign([0])
  reader.seek(0, 5)
  reader.resume([0])
  ;(await topic.fetches.next()).answer([brought(0, records(5, 'a'))])
  t.is((await topic.fetches.next()).request.partitions[0]!.offset, 20)
})

test('the partitions of a broker take turns at being asked for first', async (t) => {
  const { reader, read, fetched } = start(t, 1, 1, 1)
  reader.assign([0, 1, 2])
  for (const partition of [0, 1, 2]) read(partition, 0)
  ;(await fetched()).answer([brought(0, records(0, 'a'))])
  const next = await fetched()
  t.deepEqual(next.asked, ['1 from 0', '2 from 0', '0 from 1'])
  next.answer([brought(1, records(0, 'b')), brought(2), brought(0)])
  t.deepEqual((await fetched()).asked, ['2 from 0', '0 from 1', '1 from 1'])
})

test('brokers do not wait for each other', async (t) => {
  const { reader, read, fetched, delivered } = start(t, 1, 2)
  reader.assign([0, 1])
  read(0, 0)
  read(1, 0)
  const slow = await fetched()
  const quick = await fetched()
  t.deepEqual([slow.leader, quick.leader], [1, 2])
  quick.answer([brought(1, records(0, 'a'))])
  t.is((await fetched()).leader, 2)
  t.deepEqual(delivered, ['1: [0, 1) a'])
})

test('a partition follows its leader', async (t) => {
  const { topic, reader, read, fetched } = start(t, 1)
  reader.assign([0])
  read(0, 5)
  const first = await fetched()
  topic.moveTo(2, 0)
  first.answer([refused(0, NOT_LEADER)])
  const second = await fetched()
  t.is(second.leader, 2)
  t.deepEqual(second.asked, ['0 from 5'])
  t.is(topic.recoveries, 1)
})

test('a partition that is refused for a while does not hold up the others', async (t) => {
  const { reader, read, fetched, delivered } = start(t, 1, 1)
  reader.assign([0, 1])
  read(0, 0)
  read(1, 0)
  ;(await fetched()).answer([brought(0)])
  ;(await fetched()).answer([refused(0, NOT_LEADER), brought(1, records(0, 'a'))])
  t.deepEqual((await fetched()).asked, ['0 from 0', '1 from 1'])
  t.deepEqual(delivered, ['1: [0, 1) a'])
})

test('a broker that is away is tried again and that is told, and nothing fails', async (t) => {
  const { topic, reader, read, fetched, failures, retried } = start(t, 1)
  reader.assign([0])
  read(0, 5)
  for (let outage = 0; outage < 50; outage++) (await fetched()).fail(new Error('away'))
  t.deepEqual((await fetched()).asked, ['0 from 5'])
  t.is(topic.recoveries, 50)
  t.deepEqual(retried, Array<string>(49).fill('0: Error: away'))
  t.deepEqual(failures, [])
})

test('an offset that is not in the log any more fails, once, with what is there', async (t) => {
  const { topic, reader, read, fetched, fetches, failures } = start(t, 1)
  topic.range = { low: 10, high: 20 }
  reader.assign([0])
  read(0, 5)
  ;(await fetched()).answer([refused(0, OUT_OF_RANGE)])
  t.true(await fetches.isIdle())
  t.is(failures.length, 1)
  t.is(failures[0]!.code, 'log-range')
  t.regex(failures[0]!.message, /topic "views" partition 0: offset 5 .*\[10, 20\)/)
})

test('an offset that is in the log is asked for again, should a new leader not have it yet', async (t) => {
  const { topic, reader, read, fetched, failures } = start(t, 1)
  topic.range = { low: 0, high: 5 }
  reader.assign([0])
  read(0, 5)
  ;(await fetched()).answer([refused(0, OUT_OF_RANGE)])
  t.deepEqual((await fetched()).asked, ['0 from 5'])
  t.deepEqual(failures, [])
})

test('what no retry mends fails and names the partition', async (t) => {
  const { reader, read, fetched, failures } = start(t, 1)
  reader.assign([0])
  read(0, 5)
  ;(await fetched()).answer([refused(0, NOT_AUTHORIZED)])
  t.true(await start(t).fetches.isIdle())
  t.is(
    failures[0]!.message,
    'Kafka at test:1: topic "views" partition 0: TOPIC_AUTHORIZATION_FAILED',
  )
})

test('records that cannot be read fail and name the partition and the offsets', async (t) => {
  const { reader, read, fetched, fetches, failures } = start(t, 1)
  reader.assign([0])
  read(0, 5)
  ;(await fetched()).answer([brought(0, kept([event('a')], { offset: 5, codec: 'unknown' }))])
  t.true(await fetches.isIdle())
  t.is(failures[0]!.code, 'corrupt')
  t.regex(failures[0]!.message, /^Kafka at test:1: views-0@5\.\.5 cannot be read: its codec/)
})

test('a stopped reader asks for nothing more and delivers nothing', async (t) => {
  const { reader, read, fetched, fetches, delivered } = start(t, 1)
  reader.assign([0])
  read(0, 5)
  const late = await fetched()
  reader.stop()
  late.answer([brought(0, records(5, 'a'))])
  t.true(await fetches.isIdle())
  t.deepEqual(delivered, [])
})
