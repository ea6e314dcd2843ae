import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { folderLog } from '../../../lib/local/log.ts'
import type { Batch, Group, Log } from '../../../lib/ports.ts'
import { idOf, type TopicPartition } from '../../../lib/topics.ts'
import { testFolder } from './folder.ts'

const views = (partition: number) => ({ topic: 'views', partition })

/** A member that keeps what it is told, and resolves `until` when that has become true of it. */
class Member {
  readonly batches: Batch[] = []
  assignment: readonly string[] | undefined
  failure: Error | undefined
  group!: Group
  onBatch = (_batch: Batch): void => {}
  #changed = Promise.withResolvers<void>()

  static async join(log: Log, topic: string, group = 'views'): Promise<Member> {
    const member = new Member()
    const listener = {
      assigned: (partitions: readonly TopicPartition[]) =>
        member.#change(() => (member.assignment = partitions.map(idOf))),
      batch: (batch: Batch) =>
        member.#change(() => {
          member.batches.push(batch)
          member.onBatch(batch)
        }),
      failed: (error: Error) => member.#change(() => (member.failure = error)),
    }
    const topics = await log.topics([topic])
    member.group = await log.join({ topics, group, pollTimeout: 100, listener })
    return member
  }

  get offsets(): string[] {
    return this.batches.flatMap(({ records }) =>
      records.map(({ partition, offset }) => `${partition}/${offset}`),
    )
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#changed.promise
  }

  #change(change: () => unknown): void {
    change()
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

/** A log with a topic of so many partitions, and in each so many appends of 10 records. */
async function logWith(t: ExecutionContext, partitions: number, appends: number): Promise<Log> {
  const log = folderLog(testFolder(t))
  t.teardown(() => log.close())
  await log.create('views', partitions)
  const producer = await log.producer('views')
  const value = 'x'.repeat(10_000)
  for (let i = 0; i < appends; i++)
    for (let partition = 0; partition < partitions; partition++)
      await producer.append(Array.from({ length: 10 }, () => ({ key: null, value, partition })))
  await producer.close()
  return log
}

const offsets = (partition: number, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${partition}/${from + i}`)

test('a member is told its partitions after it has joined, and gets nothing unasked', async (t) => {
  const log = await logWith(t, 2, 1)
  const member = await Member.join(log, 'views')
  t.is(member.assignment, undefined)
  await member.until(() => member.assignment !== undefined)
  t.deepEqual(member.assignment, ['views-0', 'views-1'])
  member.group.resume([views(0)])
  member.group.seek(views(1), 3)
  member.group.resume([views(1)])
  await member.until(() => member.batches.length > 0)
  t.deepEqual(member.offsets, offsets(1, 3, 10))
})

test('every partition is read in order and in turn', async (t) => {
  const log = await logWith(t, 2, 12)
  const reader = await Member.join(log, 'views')
  for (const partition of [0, 1]) reader.group.seek(views(partition), 0)
  reader.group.resume([views(0), views(1)])
  await reader.until(() => reader.offsets.length === 240)
  for (const partition of [0, 1]) {
    const own = reader.batches.filter((batch) => batch.partition === partition)
    t.true(own.length >= 4)
    t.deepEqual(own.map(({ next }) => next).slice(0, -1), own.map(({ from }) => from).slice(1))
    const seen = reader.offsets.filter((offset) => offset.startsWith(`${partition}/`))
    t.deepEqual(seen, offsets(partition, 0, 120))
  }
  t.deepEqual(
    reader.batches.slice(0, 4).map(({ partition }) => partition),
    [0, 1, 0, 1],
  )
  for (const { records, bytes } of reader.batches) t.true(bytes >= records.length * 10_000)
})

test('a paused partition delivers nothing until it is resumed, and then goes on', async (t) => {
  const log = await logWith(t, 2, 12)
  const member = await Member.join(log, 'views')
  const countOf = (partition: number): number =>
    member.offsets.filter((offset) => offset.startsWith(`${partition}/`)).length
  const paused = Promise.withResolvers<number>()
  member.onBatch = () => {
    member.onBatch = () => {}
    // In the middle of the next read.
    setImmediate(() => {
      member.group.pause([views(0)])
      paused.resolve(countOf(0))
    })
  }
  for (const partition of [0, 1]) member.group.seek(views(partition), 0)
  member.group.resume([views(0), views(1)])
  await member.until(() => countOf(1) === 120)
  t.is(countOf(0), await paused.promise)
  t.true(countOf(0) < 120)

  member.group.resume([views(0)])
  await member.until(() => member.offsets.length === 240)
  t.deepEqual(
    member.offsets.filter((offset) => offset.startsWith('0/')),
    offsets(0, 0, 120),
  )
})

test('after a seek no batch from before is delivered', async (t) => {
  const log = await logWith(t, 1, 12)
  const member = await Member.join(log, 'views')
  member.group.seek(views(0), 0)
  member.group.resume([views(0)])
  const targets = [95, 7, 60, 33, 112]
  const left = [...targets]
  let planned = false
  member.onBatch = () => {
    if (planned || left.length === 0) return
    planned = true
    // In the middle of the next read.
    setImmediate(() => {
      planned = false
      member.group.seek(views(0), left.shift()!)
    })
  }
  await member.until(() => member.batches.at(-1)?.next === 120 && left.length === 0)
  const starts = member.batches.map(({ from }) => from)
  for (const target of targets) t.true(starts.includes(target), `${target}`)
  for (const [i, { from, records }] of member.batches.entries()) {
    t.is(records[0]!.offset, from)
    const goesOn = from === member.batches[i - 1]?.next
    t.true(goesOn || i === 0 || targets.includes(from))
  }
})

test('a seek below the log fails the member with the offset', async (t) => {
  const log = await logWith(t, 1, 1)
  const member = await Member.join(log, 'views')
  member.group.seek(views(0), -5)
  member.group.resume([views(0)])
  await member.until(() => member.failure !== undefined)
  t.like(member.failure, { name: 'SluiceError', code: 'log-range' })
  t.regex(member.failure!.message, /offset -5/)
  await t.notThrowsAsync(Member.join(log, 'views'))
})

test('mirrored entries are those of the latest call for each partition, for the group', async (t) => {
  const log = await logWith(t, 2, 0)
  const { group } = await Member.join(log, 'views', 'Views/of: ours')
  t.deepEqual(await group.readMirror(), [])
  const entry = (partition: number, offset: number) => ({
    ...views(partition),
    offset,
    metadata: 'v1',
  })
  const calls = [[entry(0, 1), entry(1, 1)], [entry(1, 2)], [entry(1, 3)]]
  t.deepEqual(await Promise.all(calls.map((entries) => group.mirror(entries))), [true, true, true])
  t.deepEqual(await group.readMirror(), [entry(0, 1), entry(1, 3)])
  await group.leave()

  const again = await Member.join(log, 'views', 'Views/of: ours')
  t.deepEqual(await again.group.readMirror(), [entry(0, 1), entry(1, 3)])
  const other = await Member.join(log, 'views', 'views/of: ours')
  t.deepEqual(await other.group.readMirror(), [])
})

const start = (t: ExecutionContext, file: string, ...args: string[]): ChildProcess => {
  const child = fork(join(import.meta.dirname, file), args)
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

test('groups of two processes cannot read from one folder', async (t) => {
  const log = await logWith(t, 1, 0)
  const other = start(t, 'log-member.ts', log.place, 'views', 'others')
  t.deepEqual(await once(other, 'message'), ['joined', undefined])
  await t.throwsAsync(Member.join(log, 'views'), {
    code: 'config',
    message: `Log folder ${log.place} is in use by process ${other.pid}: one pipeline process reads from a folder. Stop that one, or give this one another folder`,
  })
  other.kill('SIGKILL')
  await once(other, 'exit')

  const { group } = await Member.join(log, 'views')
  const late = start(t, 'log-member.ts', log.place, 'views', 'views')
  t.regex(String(await once(late, 'message')), new RegExp(`in use by process ${process.pid}:`))
  await group.leave()
  await t.notThrowsAsync(Member.join(log, 'views'))
})

test('a log is read while another process writes it, through kill -9, without a gap', async (t) => {
  const log = await logWith(t, 1, 0)
  const member = await Member.join(log, 'views')
  member.group.seek(views(0), 0)
  member.group.resume([views(0)])
  for (let round = 1; round <= 3; round++) {
    const producer = start(t, 'log-producer.ts', log.place, 'views')
    const seen = member.offsets.length
    await member.until(() => member.offsets.length > seen + 60)
    producer.kill('SIGKILL')
    await once(producer, 'exit')
  }
  const { high } = (await log.ranges('views'))![0]!
  await member.until(() => member.offsets.length >= high)
  const values = member.batches.flatMap(({ records }) => records.map(({ bytes }) => String(bytes)))
  t.deepEqual(
    values,
    Array.from({ length: high }, (_, i) => `${i}`),
  )
})
