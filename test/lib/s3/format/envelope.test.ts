import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import type { Message } from '../../../../lib/message.ts'
import { csv } from '../../../../lib/s3/format/csv.ts'
import type { RecordField } from '../../../../lib/s3/format/envelope.ts'
import type { Format } from '../../../../lib/s3/format/format.ts'
import { jsonArray } from '../../../../lib/s3/format/json-array.ts'
import { jsonLines } from '../../../../lib/s3/format/json-lines.ts'
import { tsv } from '../../../../lib/s3/format/tsv.ts'
import { asItCame, made, objectsOf } from './objects.ts'

const origin = {
  topic: 'views',
  partition: 3,
  offset: 9007199254740991,
  timestamp: 1500,
  key: 'k,1',
}
const text = '{ "n": 1.10 }'
const view = asItCame(text, origin)
const all: readonly RecordField[] = ['key', 'headers', 'topic', 'partition', 'offset', 'timestamp']

const withHeaders = (headers: Record<string, Buffer | Buffer[]>): Message<unknown> => ({
  ...view,
  record: { ...view.record, headers },
})

test('in JSON the row is an object with what is included and the value, which is as it came', (t) => {
  t.is(
    objectsOf(jsonLines({ include: all }), [
      withHeaders({ a: Buffer.from('1'), b: [Buffer.from('2'), Buffer.from('3')] }),
    ])[0],
    `{"key":"k,1","headers":{"a":"1","b":["2","3"]},"topic":"views","partition":3,"offset":9007199254740991,"timestamp":1500,"value":${text}}\n`,
  )
  t.is(
    objectsOf(jsonArray({ include: ['offset', 'key'] }), [view])[0],
    `[\n{"offset":9007199254740991,"key":"k,1","value":${text}}\n]\n`,
  )
})

test('a value with a line break is still on one line', (t) => {
  const row = objectsOf(jsonLines({ include: ['key'] }), [
    asItCame('{\n"n": 1.10}', { key: 'a b' }),
  ])
  t.deepEqual(row, ['{"key":"a b","value":{"n":1.10}}\n'])
})

test('in tables it is columns of its own, before those of the event', (t) => {
  t.deepEqual(objectsOf(csv({ include: all, header: true }), [view]), [
    '_key,_headers,_topic,_partition,_offset,_timestamp,n\n"k,1",{},views,3,9007199254740991,1500,1.10\n',
  ])
  t.deepEqual(
    objectsOf(tsv({ include: ['key', 'headers'] }), [withHeaders({ a: Buffer.from('x\ty') })]),
    ['k,1\t"{""a"":""x\\\\ty""}"\t1.10\n'],
  )
})

test('an event with a field that is called like a column of the record is refused', (t) => {
  t.throws(() => objectsOf(csv({ include: ['key'] }), [made({ _key: 1 })]), {
    instanceOf: TypeError,
    message:
      'csv() cannot write the field _key of an event beside the record’s own column of that name'.replace(
        '’',
        "'",
      ),
  })
})

test('what a record does not have is null, and an empty key is none of that', (t) => {
  const include: RecordField[] = ['key', 'timestamp', 'offset', 'topic', 'partition', 'headers']
  const [result] = objectsOf(jsonLines({ include }), [made(1)])
  t.is(
    result,
    '{"key":null,"timestamp":null,"offset":null,"topic":null,"partition":null,"headers":{},"value":1}\n',
  )
  t.is(
    objectsOf(jsonLines({ include: ['key'] }), [made(1, { key: '' })])[0],
    '{"key":"","value":1}\n',
  )
  t.is(objectsOf(csv({ include: ['key'] }), [made({ a: 1 }, { key: '' })])[0], '"",1\n')
  t.is(objectsOf(csv({ include: ['key'] }), [made({ a: 1 })])[0], ',1\n')
})

test('a formula in a key is guarded as in any text', (t) => {
  const format = csv({ include: ['key'], guardFormulas: true })
  t.deepEqual(objectsOf(format, [made({ a: 1 }, { key: '=1' })]), ["'=1,1\n"])
})

test('a tombstone has its key in the row, and a null value', (t) => {
  const gone: Message<null> = { ...made(null, { key: 'k', offset: 1 }), verbatim: true }
  t.is(objectsOf(jsonLines({ include: ['key'] }), [gone])[0], '{"key":"k","value":null}\n')
  t.is(objectsOf(jsonArray(), [gone])[0], '[\nnull\n]\n')
  t.is(objectsOf(csv({ include: ['key'], columns: ['a', 'b'] }), [gone])[0], 'k,,\n')
})

test('a field that there is not, or that is named twice, is refused when the format is built', (t) => {
  const formats: ((options: { include: RecordField[] }) => Format<never>)[] = [
    jsonLines,
    jsonArray,
    csv,
    tsv,
  ]
  for (const format of formats) {
    t.throws(() => format({ include: ['value' as 'key'] }), {
      code: 'config',
      message: /takes key, headers, topic, partition, offset, timestamp, not value$/,
    })
    t.throws(() => format({ include: ['key', 'key'] }), {
      code: 'config',
      message: /names key twice$/,
    })
  }
})

const bytes = fc.oneof(
  fc.uint8Array(),
  fc.string().map((name) => Buffer.from(`base64:${name}`)),
  fc.string().map((name) => Buffer.from(name)),
)

testProp('keys of any bytes can be had back', [bytes], (t, key) => {
  const [row = ''] = objectsOf(jsonLines({ include: ['key'] }), [
    made(1, { key: Buffer.from(key) }),
  ])
  const { key: said } = JSON.parse(row) as { key: string }
  const back = said.startsWith('base64:') ? Buffer.from(said.slice(7), 'base64') : Buffer.from(said)
  t.deepEqual(back, Buffer.from(key))
})
