import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { Inbox, type Tap } from '../../../lib/lane/inbox.ts'
import { Account, Budget } from '../../../lib/memory.ts'
import { CHUNK_BYTES, type SourceRecord } from '../../../lib/message.ts'
import type { Batch } from '../../../lib/ports.ts'

const MB = 1024 * 1024

const recordAt = (offset: number, size = 1): SourceRecord => ({
  topic: 't',
  partition: 0,
  offset,
  timestamp: 0,
  key: null,
  headers: undefined,
  bytes: Buffer.alloc(size),
})

/** A batch of `[from, next)` with a record at each of these offsets, or at every one. */
const batchOf = (from: number, next: number, other: Partial<Batch> = {}): Batch => ({
  topic: 't',
  partition: 0,
  from,
  next,
  records: Array.from({ length: next - from }, (_, i) => recordAt(from + i)),
  bytes: 100,
  ...other,
})

/** An inbox, and what it has asked the group for. */
function newInbox({ from = 0, most = 500, limit = 100 * MB } = {}) {
  const asked: string[] = []
  const budget = new Budget(limit)
  const memory = new Account(budget)
  const tap: Tap = {
    seek: (offset) => void asked.push(`seek ${offset}`),
    pause: () => void asked.push('pause'),
    resume: () => void asked.push('resume'),
    share: () => Infinity,
    full: () => budget.full,
  }
  return { inbox: new Inbox(from, most, tap, memory), asked, memory, budget }
}

const offsetsOf = (inbox: Inbox): number[] => {
  const offsets: number[] = []
  for (let next = inbox.next(); next; next = inbox.next())
    offsets.push(...next.chunk.messages.map(({ record }) => record.offset))
  return offsets
}

test('reading begins where the lane is', (t) => {
  const { inbox, asked } = newInbox({ from: 7 })
  inbox.open()
  t.deepEqual(asked, ['seek 7', 'resume'])
})

test('batches that follow each other come out as they went in', (t) => {
  const { inbox, memory } = newInbox()
  inbox.open()
  inbox.put(batchOf(0, 3))
  inbox.put(batchOf(3, 5))
  t.is(memory.held, 200)
  t.is(inbox.expected, 5)
  t.deepEqual(offsetsOf(inbox), [0, 1, 2, 3, 4])
  t.true(inbox.empty)
  t.is(memory.held, 0)
})

test('a batch that does not begin where the last one ended is dropped and asked for again', (t) => {
  const { inbox, asked } = newInbox()
  inbox.open()
  inbox.put(batchOf(0, 3))
  for (const stale of [batchOf(0, 3), batchOf(2, 5), batchOf(4, 6)]) inbox.put(stale)
  t.deepEqual(asked.slice(2), ['seek 3', 'seek 3', 'seek 3'])
  inbox.put(batchOf(3, 4))
  t.deepEqual(offsetsOf(inbox), [0, 1, 2, 3])
})

test('a chunk says the offset after it, over offsets without records too', (t) => {
  const { inbox } = newInbox({ most: 2 })
  inbox.open()
  inbox.put(batchOf(0, 9, { records: [recordAt(1), recordAt(4), recordAt(6)] }))
  inbox.put(batchOf(9, 12, { records: [] }))
  const ends: [number, number][] = []
  for (let next = inbox.next(); next; next = inbox.next())
    ends.push([next.chunk.messages.length, next.to])
  t.deepEqual(ends, [
    [2, 6],
    [1, 9],
    [0, 12],
  ])
})

test('a chunk holds as many bytes as it may, or one record that has more', (t) => {
  const { inbox } = newInbox()
  inbox.open()
  const sizes = [CHUNK_BYTES - 1, 1, 1, 2 * CHUNK_BYTES, 5]
  inbox.put(batchOf(0, 5, { records: sizes.map((size, offset) => recordAt(offset, size)) }))
  const chunks: number[] = []
  for (let next = inbox.next(); next; next = inbox.next()) chunks.push(next.bytes)
  t.deepEqual(chunks, [CHUNK_BYTES, 1, 2 * CHUNK_BYTES, 5])
})

test('a partition is paused when much lies ahead, and resumed when half of it is gone', (t) => {
  const { inbox, asked, memory } = newInbox()
  const size = 16 * 1024
  inbox.open()
  let n = 0
  while (asked.length === 2) inbox.put(batchOf(n, ++n, { bytes: size }))
  const most = memory.held
  t.true(n > 4 && most <= 3 * MB, `${most} bytes in ${n} batches`)
  while (asked.length === 3) {
    t.true(memory.held > 0)
    inbox.next()
    inbox.relax()
  }
  t.deepEqual(asked.slice(2), ['pause', 'resume'])
  t.true(memory.held <= most / 2 && memory.held > most / 2 - 2 * size)
  inbox.relax()
  t.is(asked.length, 4)
})

test('a partition is paused when the process has no memory left, and resumed when it has', (t) => {
  const { inbox, asked, budget } = newInbox({ limit: 1_000 })
  inbox.open()
  budget.charge(950)
  inbox.put(batchOf(0, 1))
  t.deepEqual(asked.slice(2), ['pause'])
  inbox.next()
  inbox.relax()
  t.deepEqual(asked.slice(2), ['pause', 'resume'])
  budget.charge(100)
  inbox.relax()
  inbox.put(batchOf(1, 2))
  inbox.next()
  inbox.relax()
  t.deepEqual(asked.slice(4), ['pause'])
})

test('a batch that was under way when the partition was paused is taken', (t) => {
  const { inbox } = newInbox()
  inbox.open()
  inbox.put(batchOf(0, 1, { bytes: 9 * MB }))
  inbox.put(batchOf(1, 2))
  t.deepEqual(offsetsOf(inbox), [0, 1])
})

test('whoever waits is woken by a batch, by a nudge, and by what he waits for besides', async (t) => {
  const { inbox } = newInbox()
  const never = new Promise(() => undefined)
  const filled = inbox.filled(never)
  inbox.put(batchOf(0, 1))
  await filled
  await inbox.filled(never)
  inbox.next()
  const nudged = inbox.filled(never)
  inbox.nudge()
  await nudged
  await inbox.filled(Promise.resolve())
  t.pass()
})

testProp(
  'every record comes out once and in order, however batches are cut, doubled and lost',
  [
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
    fc.array(fc.constantFrom('deliver', 'repeat', 'lose', 'read'), { maxLength: 60 }),
    fc.integer({ min: 1, max: 4 }),
  ],
  (t, sizes, events, most) => {
    const end = sizes.reduce((sum, size) => sum + size, 0)
    let position = 0
    const out: number[] = []
    const asked = newInbox({ most })
    const tap = { seek: (offset: number) => void (position = offset) }
    const inbox = new Inbox(
      0,
      most,
      {
        ...tap,
        pause: () => undefined,
        resume: () => undefined,
        share: () => Infinity,
        full: () => false,
      },
      asked.memory,
    )
    const fetched = (): Batch => {
      const size = sizes[position % sizes.length] as number
      return batchOf(position, Math.min(end, position + size))
    }
    const read = (): void => {
      const next = inbox.next()
      if (next) out.push(...next.chunk.messages.map(({ record }) => record.offset))
    }
    const deliver = (times: number): void => {
      const batch = fetched()
      if (batch.next === batch.from) return
      position = batch.next
      for (let n = 0; n < times; n++) inbox.put(batch)
    }
    inbox.open()
    for (const event of events) {
      if (event === 'deliver') deliver(1)
      else if (event === 'repeat') deliver(2)
      else if (event === 'lose') position = Math.min(end, position + 3)
      else read()
    }
    position = inbox.expected
    while (inbox.expected < end) deliver(1)
    while (!inbox.empty) read()
    t.deepEqual(
      out,
      Array.from({ length: end }, (_, offset) => offset),
    )
  },
)
