import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { varintSize, WireReader, WireWriter } from '../../../lib/kafka/wire.ts'

const varint = fc.oneof(fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }), fc.integer())

testProp('a varint gives its value back, in as many bytes as said', [varint], (t, value) => {
  const { written } = new WireWriter().varint(value)
  t.is(written.length, varintSize(value))
  t.is(new WireReader(written).varint(), value)
})

test('a varint is Kafka’s: zigzag, seven bits a byte, lowest first', (t) => {
  const bytes = (value: number) => [...new WireWriter().varint(value).written]
  t.deepEqual([0, -1, 1, -64, 64, 300].map(bytes), [[0], [1], [2], [127], [128, 1], [216, 4]])
})

testProp('a 64-bit integer gives its value back', [fc.maxSafeInteger()], (t, value) => {
  const { written } = new WireWriter().int64(value)
  t.is(written.readBigInt64BE(), BigInt(value))
  t.is(new WireReader(written).int64(), value)
})

testProp(
  'fields are read as they were written, whatever the guess of their size',
  [fc.string(), fc.array(fc.integer()), fc.option(fc.uint8Array()), fc.nat(64)],
  (t, text, numbers, bytes, capacity) => {
    const writer = new WireWriter(capacity)
    writer.string(text).array(numbers, (number) => writer.int32(number))
    writer.varBytes(bytes).int8(7)

    const reader = new WireReader(writer.written)
    t.is(reader.string(), Buffer.from(text).toString())
    t.deepEqual(
      reader.array(() => reader.int32()),
      numbers,
    )
    t.deepEqual(reader.varBytes(), bytes === null ? null : Buffer.from(bytes))
    t.is(reader.remaining, 1)
  },
)

test('null bytes and null arrays are read as empty', (t) => {
  const reader = new WireReader(new WireWriter().int32(-1).int32(-1).written)
  t.is(reader.bytes().length, 0)
  t.deepEqual(
    reader.array(() => t.fail()),
    [],
  )
})
