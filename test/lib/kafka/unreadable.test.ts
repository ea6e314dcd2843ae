import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { decodeRecords } from '../../../lib/kafka/fetched-records.ts'
import { type codecs, event, kept, sealed } from './batches.ts'

const decode = (bytes: Buffer, from = 0) =>
  decodeRecords({ topic: 'views', partition: 3, from, bytes, aborted: [] })

/** What a fetch of these bytes from offset 40 is refused with. */
async function refusal(bytes: Buffer): Promise<string> {
  return decode(bytes, 40).then(
    () => 'nothing',
    (error: Error) => error.message,
  )
}

const three = ['a', 'b', 'c'].map((value) => event(value))
const compressed = ['gzip', 'snappy', 'xerial', 'lz4', 'zstd'] as const

test('what cannot be read is named by topic, partition and offsets, with what to do', async (t) => {
  t.is(
    await refusal(kept(three, { offset: 40, codec: 'unknown' })),
    'views-3@40..42 cannot be read: its codec has the number 7, which is not known. ' +
      'If a replica holds it in order, let that one lead the partition; ' +
      'else delete the records up to there (kafka-delete-records) and start another instance with --name, which goes on after them',
  )
})

test('the message formats of before Kafka 0.11 are refused', async (t) => {
  const old = kept(three, { offset: 40 })
  for (const format of [0, 1]) {
    old.writeInt8(format, 16)
    t.regex(await refusal(old), /views-3@40 .* message format \d of before Kafka 0\.11/)
  }
})

test('records before what cannot be read are given first', async (t) => {
  const good = kept([event('a'), event('b')], { offset: 40 })
  const bad = kept([event('c')], { offset: 42, codec: 'unknown' })
  const { records, next } = await decode(Buffer.concat([good, bad]), 40)
  t.is(records.length, 2)
  t.is(next, 42)
  await t.throwsAsync(decode(bad, next), { message: /^views-3@42\.\.42 / })
})

for (const codec of compressed)
  test(`a changed bit is noticed by the checksum of a batch of ${codec}`, async (t) => {
    const batch = kept(three, { offset: 40, codec })
    for (const at of [22, 40, 58, 61, 62, batch.length - 1]) {
      const changed = Buffer.from(batch)
      changed[at]! ^= 0x10
      t.regex(await refusal(changed), /checksum|damaged|codec/, `at ${at}`)
    }
  })

for (const codec of compressed)
  test(`bytes that are not ${codec} are refused, whatever vouches for them`, async (t) => {
    const name = codec === 'xerial' ? 'snappy' : codec
    for (const body of ['', 'no', 'not at all compressed', '\xff'.repeat(40)]) {
      const batch = kept(three, { offset: 40, codec, body: Buffer.from(body, 'latin1') })
      t.regex(await refusal(batch), new RegExp(`@40\\.\\.42 cannot be read: (${name}:|its batch)`))
    }
  })

testProp(
  'a batch whose bytes are changed anywhere is read, left or refused, but ends',
  [fc.constantFrom(undefined, ...compressed), fc.nat(), fc.integer({ min: 1, max: 255 })],
  async (t, codec, where, change) => {
    const batch = kept(three, { offset: 40, ...(codec && { codec }) })
    batch[where % batch.length]! ^= change
    for (const bytes of [Buffer.from(batch), where % batch.length > 21 ? sealed(batch) : batch]) {
      const { records, next } = await decode(bytes, 40).catch(() => ({ records: [], next: 40 }))
      t.true(records.length <= 3 && next >= 40)
    }
  },
)

test('uncompressed records that do not fit into each other are refused', async (t) => {
  const batch = kept(three, { offset: 40 })
  const valueLength = 61 + 5
  t.is(batch[valueLength], 2, 'one byte, as a zigzag varint')
  for (const at of [61, 61 + 4, valueLength, valueLength + 2])
    for (const byte of [4, 0x7e]) {
      const wrong = Buffer.from(batch)
      wrong[at] = byte
      t.regex(await refusal(wrong), /@40\.\.42 cannot be read: its batch is damaged/)
    }
})

test('a length that cannot be one is refused, and so is a first batch that is cut off', async (t) => {
  const batch = kept(three, { offset: 40 })
  for (const length of [-1, -1_000, 0, 48, 2 ** 31 - 1]) {
    const wrong = Buffer.from(batch)
    wrong.writeInt32BE(length, 8)
    t.regex(await refusal(wrong), /views-3@40 cannot be read: its batch is damaged/)
  }
  t.regex(await refusal(batch.subarray(0, 50)), /its batch is damaged/)
})

const BOMB = Buffer.alloc(65 * 1024 * 1024)

for (const codec of compressed)
  test.serial(`what ${codec} blows up beyond 64 MiB is refused before it is there`, async (t) => {
    const bomb = kept([{ key: null, value: BOMB }], { offset: 40, codec })
    const before = process.memoryUsage.rss()
    t.regex(await refusal(bomb), /without compression it takes more than 67108864 bytes/)
    if (codec !== 'gzip' && codec !== 'zstd')
      t.true(process.memoryUsage.rss() - before < 32 * 1024 * 1024)
  })

test('a batch of very many small records is refused', async (t) => {
  const bomb = kept(Array<ReturnType<typeof event>>(200_001).fill(event('')), {
    offset: 40,
    codec: 'zstd',
  })
  t.regex(await refusal(bomb), /one batch of 200001 records, more than 200000/)
})

test('a fetch ends after 8 MiB, and the rest is asked for again', async (t) => {
  const codec: keyof typeof codecs = 'zstd'
  const large = { key: null, value: Buffer.alloc(3 * 1024 * 1024) }
  const batches = [40, 41, 42, 43].map((offset) => kept([large], { offset, codec }))
  const { records, next } = await decode(Buffer.concat(batches), 40)
  t.is(records.length, 3)
  t.is(next, 43)
})
