import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { type AbortedTransaction, decodeRecords } from '../../../lib/kafka/fetched-records.ts'
import { encodeRecordBatch, recordSize, RECORDS_AT } from '../../../lib/kafka/record-batch.ts'
import type { NewRecord } from '../../../lib/ports.ts'
import { event, kept, marker } from './batches.ts'

async function decode(bytes: Buffer, from = 0, aborted: AbortedTransaction[] = []) {
  const { records, ...rest } = await decodeRecords({
    topic: 'views',
    partition: 3,
    from,
    bytes,
    aborted,
  })
  return { ...rest, records, read: records.map((r) => `${r.offset} ${String(r.bytes)}`) }
}

const data = fc.option(fc.uint8Array({ maxLength: 300 }))
const newRecord: fc.Arbitrary<NewRecord> = fc.record({
  key: data,
  value: data,
  headers: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
  timestamp: fc.nat(2 ** 48),
})

testProp(
  'a record batch gives its records back, compressed or not',
  [
    fc.array(newRecord, { minLength: 1, maxLength: 30 }),
    fc.nat(2 ** 50),
    fc.option(fc.constantFrom('gzip', 'snappy', 'xerial', 'lz4', 'zstd'), { nil: undefined }),
  ],
  async (t, records, offset, codec) => {
    const bytes = kept(records, { offset, ...(codec && { codec }) })
    const decoded = await decode(bytes, offset)
    t.is(decoded.next, offset + records.length)
    for (const [index, { key, value, headers = {}, timestamp = -1 }] of records.entries()) {
      const record = decoded.records[index]!
      t.is(record.offset, offset + index)
      t.is(record.timestamp, timestamp)
      t.deepEqual(record.key, key && Buffer.from(key))
      t.deepEqual(record.bytes, value && Buffer.from(value))
      t.deepEqual(
        Object.entries(record.headers ?? {}).map(([name, text]) => [name, String(text)]),
        Object.entries(headers).map(([name, text]) => [utf8(name), utf8(text)]),
      )
    }
    t.true(encodeRecordBatch(records, 0).length <= records.reduce((n, r) => n + recordSize(r), 61))
  },
)

const utf8 = (text: string) => Buffer.from(text).toString()

test('records stand with their topic and partition', async (t) => {
  const { records } = await decode(kept([event('a')], { offset: 0 }))
  t.like(records[0], { topic: 'views', partition: 3, offset: 0, key: null, headers: undefined })
})

test('records without a timestamp are given that of the writing', async (t) => {
  const { records } = await decode(encodeRecordBatch([event('a')], 1_234))
  t.is(records[0]!.timestamp, 1_234)
})

test('the broker’s own time stands for that of the records where the topic says so', async (t) => {
  const { records } = await decode(kept([event('a')], { offset: 0, appendTime: 99 }))
  t.is(records[0]!.timestamp, 99)
})

test('the records of a batch before the offset that was asked for are left out', async (t) => {
  const { read, next } = await decode(kept([event('a'), event('b')], { offset: 10 }), 11)
  t.deepEqual(read, ['11 b'])
  t.is(next, 12)
})

test('a batch that is cut off at the end is left for the next fetch', async (t) => {
  const whole = kept([event('a')], { offset: 0 })
  const second = kept([event('b')], { offset: 1 })
  for (const end of [1, 11, 12, 40, second.length - 1]) {
    const { read, next } = await decode(Buffer.concat([whole, second.subarray(0, end)]))
    t.deepEqual(read, ['0 a'])
    t.is(next, 1)
  }
})

test('the next offset is that after the batch, where compaction has removed its last records', async (t) => {
  const { read, next } = await decode(kept([event('a')], { offset: 5, next: 9 }), 5)
  t.deepEqual(read, ['5 a'])
  t.is(next, 9)
})

test('a batch of which compaction has left nothing is passed over', async (t) => {
  const { read, next, size } = await decode(kept([], { offset: 5, next: 9 }), 5)
  t.deepEqual(read, [])
  t.is(next, 9)
  t.is(size, 0)
})

test('a compacted batch that ends before the offset asked for does not move it back', async (t) => {
  const { next } = await decode(kept([event('a')], { offset: 5, next: 9 }), 20)
  t.is(next, 20)
})

test('the markers of transactions are passed over', async (t) => {
  const { read, next } = await decode(
    Buffer.concat([kept([event('a')], { offset: 0, producerId: 7 }), marker('commit', 1, 7)]),
  )
  t.deepEqual(read, ['0 a'])
  t.is(next, 2)
})

test('the records of an aborted transaction are left out, those around it are not', async (t) => {
  const { read, next } = await decode(
    Buffer.concat([
      kept([event('kept before')], { offset: 0, producerId: 7 }),
      marker('commit', 1, 7),
      kept([event('aborted')], { offset: 2, producerId: 7 }),
      kept([event('of another')], { offset: 3, producerId: 8 }),
      kept([event('of none')], { offset: 4 }),
      kept([event('aborted too')], { offset: 5, producerId: 7 }),
      marker('abort', 6, 7),
      kept([event('kept after')], { offset: 7, producerId: 7 }),
      marker('commit', 8, 7),
    ]),
    0,
    [{ producerId: 7, firstOffset: 2 }],
  )
  t.deepEqual(read, ['0 kept before', '3 of another', '4 of none', '7 kept after'])
  t.is(next, 9)
})

test('several transactions that began before the fetch are all left out', async (t) => {
  const { read } = await decode(
    Buffer.concat([
      kept([event('aborted')], { offset: 10, producerId: 8 }),
      kept([event('aborted')], { offset: 11, producerId: 7 }),
      marker('abort', 12, 7),
      marker('abort', 13, 8),
    ]),
    10,
    [
      { producerId: 7, firstOffset: 2 },
      { producerId: 8, firstOffset: 3 },
    ],
  )
  t.deepEqual(read, [])
})

test('a header’s name may be any, and may repeat', async (t) => {
  const named = kept([{ ...event(''), headers: { ['__proto__']: 'a' } }], { offset: 0 })
  t.deepEqual(Object.keys((await decode(named)).records[0]!.headers!), ['__proto__'])

  const headers = { x: '1', y: '2', z: '3' }
  const repeated = kept([{ ...event(''), headers }], { offset: 0 })
  for (const name of ['y', 'z']) repeated.write('x', repeated.indexOf(name, RECORDS_AT))
  const { x } = (await decode(repeated)).records[0]!.headers!
  t.deepEqual(x, [Buffer.from('1'), Buffer.from('2'), Buffer.from('3')])
})

test('the charge covers the bytes and what each record takes besides', async (t) => {
  const one = await decode(kept([event('a'.repeat(1_000))], { offset: 0 }))
  const two = await decode(kept([event('a'.repeat(1_000)), event('b')], { offset: 0 }))
  t.true(one.size > 1_000)
  t.true(two.size > one.size + 100)
})
