import test from 'ava'
import { partitionOf } from '../../../lib/murmur2.ts'
import type { Batch, Group } from '../../../lib/ports.ts'
import type { TopicPartition } from '../../../lib/topics.ts'
import {
  everything,
  type MemoryLog,
  memoryLog,
  type MemoryLogOptions,
  virtualClock,
} from '../../../lib/testing.ts'

const clock = virtualClock(1_000)

const views = (partition: number) => ({ topic: 'views', partition })

/** A log with a topic of so many partitions, and in each so many records. */
async function logWith(
  partitions: number,
  records: number,
  options?: MemoryLogOptions,
): Promise<MemoryLog> {
  const log = memoryLog({ clock, batchRecords: 4, ...options })
  await log.create('views', partitions)
  await append(log, partitions, records)
  return log
}

async function append(log: MemoryLog, partitions: number, records: number): Promise<void> {
  const producer = await log.producer('views')
  for (let partition = 0; partition < partitions; partition++)
    await producer.append(
      Array.from({ length: records }, (_, i) => ({ key: null, value: `${i}`, partition })),
    )
}

interface Member {
  readonly group: Group
  readonly assignments: (readonly number[])[]
  readonly batches: Batch[]
  readonly failures: Error[]
  offsets(partition: number): number[]
}

async function join(log: MemoryLog): Promise<Member> {
  const assignments: (readonly number[])[] = []
  const batches: Batch[] = []
  const failures: Error[] = []
  const listener = {
    assigned: (partitions: readonly TopicPartition[]) =>
      void assignments.push(partitions.map(({ partition }) => partition)),
    batch: (batch: Batch) => void batches.push(batch),
    failed: (error: Error) => void failures.push(error),
  }
  const topics = await log.topics(['views'])
  const group = await log.join({ topics, group: 'g', pollTimeout: 100, listener })
  const offsets = (partition: number): number[] =>
    batches
      .filter((batch) => batch.partition === partition)
      .flatMap(({ records }) => records.map(({ offset }) => offset))
  return { group, assignments, batches, failures, offsets }
}

const upTo = (to: number, from = 0): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i)

test('records come back as they were appended', async (t) => {
  const log = await logWith(4, 0)
  const producer = await log.producer('views')
  await producer.append([
    { key: 'k', value: 'v', timestamp: 7, headers: { source: 'web' } },
    { key: null, value: null, partition: 3 },
  ])
  const partition = partitionOf(Buffer.from('k'), 4)
  const records = []
  for await (const batch of log.read('views', partition, 0, 1)) records.push(...batch.records)
  for await (const batch of log.read('views', 3, 0, 1)) records.push(...batch.records)
  t.deepEqual(records, [
    {
      topic: 'views',
      partition,
      offset: 0,
      timestamp: 7,
      key: Buffer.from('k'),
      headers: { source: Buffer.from('web') },
      bytes: Buffer.from('v'),
    },
    {
      topic: 'views',
      partition: 3,
      offset: 0,
      timestamp: 1_000,
      key: null,
      headers: undefined,
      bytes: null,
    },
  ])
})

test('records without a key go to all partitions in turn', async (t) => {
  const log = await logWith(3, 0)
  const producer = await log.producer('views')
  await producer.append(upTo(6).map(() => ({ key: null, value: 'v' })))
  t.deepEqual(
    (await log.ranges('views'))?.map(({ high }) => high),
    [2, 2, 2],
  )
})

test('a topic that is not there has no ranges, and cannot be joined', async (t) => {
  const log = memoryLog()
  t.is(await log.ranges('views'), undefined)
  const listener = { assigned: () => t.fail(), batch: () => t.fail(), failed: () => t.fail() }
  const topics = new Map([['views', 1]])
  await t.throwsAsync(log.join({ topics, group: 'g', pollTimeout: 100, listener }), {
    code: 'config',
    message: /no topic views/,
  })
})

test('a member is told its partitions after it has joined, and gets nothing unasked', async (t) => {
  const member = await join(await logWith(2, 6))
  t.deepEqual(member.assignments, [])
  await clock.settle()
  t.deepEqual(member.assignments, [[0, 1]])
  member.group.resume([views(0)])
  member.group.seek(views(1), 3)
  await clock.settle()
  t.deepEqual(member.batches, [])
  member.group.resume([views(1)])
  await clock.settle()
  t.deepEqual(member.offsets(1), [3, 4, 5])
  t.deepEqual(member.offsets(0), [])
})

test('every partition is read in order, contiguously, and on when records come', async (t) => {
  const log = await logWith(2, 9)
  const member = await join(log)
  await clock.settle()
  for (const partition of [0, 1]) member.group.seek(views(partition), 0)
  member.group.resume([views(0), views(1)])
  await clock.settle()
  await append(log, 2, 3)
  await clock.settle()
  for (const partition of [0, 1]) {
    t.deepEqual(member.offsets(partition), upTo(12))
    const own = member.batches.filter((batch) => batch.partition === partition)
    t.deepEqual(
      own.map(({ from, next }) => [from, next]),
      [
        [0, 4],
        [4, 8],
        [8, 9],
        [9, 12],
      ],
    )
  }
})

test('a paused partition delivers nothing until it is resumed, and then goes on', async (t) => {
  const log = await logWith(1, 4)
  const member = await join(log)
  await clock.settle()
  member.group.seek(views(0), 0)
  member.group.resume([views(0)])
  await clock.settle()
  member.group.pause([views(0)])
  await append(log, 1, 4)
  await clock.settle()
  t.deepEqual(member.offsets(0), upTo(4))
  member.group.resume([views(0)])
  await clock.settle()
  t.deepEqual(member.offsets(0), upTo(8))
})

test('a second member takes its share, and leaving gives it back', async (t) => {
  const log = await logWith(4, 1)
  const first = await join(log)
  await clock.settle()
  const second = await join(log)
  await clock.settle()
  t.deepEqual(first.assignments, [
    [0, 1, 2, 3],
    [0, 2],
  ])
  t.deepEqual(second.assignments, [[1, 3]])
  second.group.seek(views(0), 0)
  second.group.resume([views(0)])
  await second.group.leave()
  await clock.settle()
  t.deepEqual(first.assignments.at(-1), [0, 1, 2, 3])
  t.deepEqual(second.batches, [])
  t.false(await second.group.mirror([]))
})

test('a kept partition goes on over a rebalance, and one that comes back starts anew', async (t) => {
  const log = await logWith(2, 2)
  const first = await join(log)
  await clock.settle()
  for (const partition of [0, 1]) first.group.seek(views(partition), 0)
  first.group.resume([views(0), views(1)])
  await clock.settle()
  const second = await join(log)
  await clock.settle()
  await append(log, 2, 1)
  await second.group.leave()
  await clock.settle()
  t.deepEqual(first.offsets(0), upTo(3))
  t.deepEqual(first.offsets(1), upTo(2))
})

test('a group that does not know who is dead gives everything to everyone', async (t) => {
  const log = await logWith(2, 1, { assignment: everything })
  const members = [await join(log), await join(log)]
  await clock.settle()
  for (const { assignments } of members) t.deepEqual(assignments.at(-1), [0, 1])
})

test('what was mirrored is seen by all, and stays', async (t) => {
  const log = await logWith(2, 1)
  const first = await join(log)
  const second = await join(log)
  t.true(await first.group.mirror([{ ...views(0), offset: 3, metadata: 'm' }]))
  t.true(await first.group.mirror([{ ...views(0), offset: 4, metadata: 'n' }]))
  await first.group.leave()
  t.deepEqual(await second.group.readMirror(), [{ ...views(0), offset: 4, metadata: 'n' }])
})

test('offsets without a record are passed over, and counted', async (t) => {
  const log = await logWith(1, 2)
  log.skip('views', 0, 3)
  await append(log, 1, 1)
  const member = await join(log)
  await clock.settle()
  member.group.seek(views(0), 0)
  member.group.resume([views(0)])
  await clock.settle()
  t.deepEqual(member.offsets(0), [0, 1, 5])
  t.deepEqual(
    member.batches.map(({ from, next }) => [from, next]),
    [
      [0, 4],
      [4, 6],
    ],
  )
})

test('a topic may get more partitions', async (t) => {
  const log = await logWith(1, 2)
  log.addPartitions('views', 2)
  await append(log, 3, 1)
  t.deepEqual(
    (await log.ranges('views'))?.map(({ high }) => high),
    [3, 1, 1],
  )
})

test('what was deleted cannot be read', async (t) => {
  const log = await logWith(1, 6)
  log.trim('views', 0, 2)
  t.deepEqual(await log.ranges('views'), [{ partition: 0, low: 2, high: 6 }])
  const member = await join(log)
  await clock.settle()
  member.group.seek(views(0), 1)
  member.group.resume([views(0)])
  await clock.settle()
  t.regex(member.failures[0]?.message ?? '', /holds 2 to 6, and not 1/)
})
