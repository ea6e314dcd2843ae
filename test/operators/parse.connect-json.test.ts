import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import type { Message } from '../../lib/message.ts'
import { at, feed } from '../../lib/testing.ts'
import { parse, type ParseOptions } from '../../operators/parse.ts'

const asRead = (text: string): Message<Buffer> => {
  const bytes = Buffer.from(text)
  const origin = { bytes, offset: 7, key: 'k', headers: { h: '1' }, timestamp: 5 }
  return { ...at('09:00', bytes, origin), verbatim: true }
}

const read = (text: string, options?: ParseOptions) =>
  feed(asRead(text)).run(parse({ ...options, format: 'connect-json' }))

const user = `{
  "schema": {"type":"struct","optional":false,"fields":[{"field":"id","type":"int64"},{"field":"payload","type":"string"}]},
  "payload": {"id":12345678901234567890, "share":1.10, "payload":"}"}
}`

test('the event is the payload, and its bytes are those of the payload', async (t) => {
  const { messages } = await read(user, { integers: 'exact' })
  t.deepEqual(messages[0]?.value, { id: 12345678901234567890n, share: 1.1, payload: '}' })
  t.is(
    messages[0]?.record.bytes?.toString(),
    '{"id":12345678901234567890, "share":1.10, "payload":"}"}',
  )
  t.true(messages[0]?.verbatim)
})

test('all else of the record is the event’s', async (t) => {
  const { messages } = await read(user)
  const { bytes: _, ...expected } = asRead(user).record
  const { bytes: __, ...record } = messages[0]?.record ?? {}
  t.deepEqual(record, expected)
  t.is(messages[0]?.index, 0)
})

test('a payload without a schema is an event, whatever it is', async (t) => {
  for (const payload of ['"text"', '1.0', '[1]', 'true'])
    t.deepEqual((await read(`{"schema":null,"payload":${payload}}`)).values, [
      JSON.parse(payload) as unknown,
    ])
})

testProp(
  'every payload comes out as it went in',
  [fc.jsonValue(), fc.nat({ max: 2 })],
  async (t, payload, indent) => {
    const { values, rejected } = await read(JSON.stringify({ payload, schema: null }, null, indent))
    if (payload === null) t.is(rejected[0]?.reason, 'null value')
    else t.deepEqual(values, [JSON.parse(JSON.stringify(payload)) as typeof payload])
  },
)

test('what is no such JSON is rejected with its reason and all its bytes', async (t) => {
  const reasons = new Map([
    ['{"id":1}', 'no JSON of Kafka Connect: it has no schema'],
    ['{"schema":null}', 'no JSON of Kafka Connect: it has no payload'],
    [
      '{"schema":null,"payload":1,"x":2}',
      'no JSON of Kafka Connect: besides schema and payload it has "x"',
    ],
    ['[1]', 'no JSON of Kafka Connect: it is not an object with schema and payload'],
    ['null', 'no JSON of Kafka Connect: it is not an object with schema and payload'],
    ['', 'empty value'],
  ])
  for (const [text, reason] of reasons) {
    const { rejected } = await read(text)
    t.is(rejected[0]?.reason, reason, text)
    t.is(rejected[0]?.message.record.bytes?.toString(), text)
  }
  t.regex((await read('{"schema":')).rejected[0]?.reason ?? '', /^malformed JSON: /)
})

test('a byte order mark before it is skipped', async (t) => {
  const { messages } = await read('\ufeff{"schema":null,"payload":[1]}')
  t.is(messages[0]?.record.bytes?.toString(), '[1]')
})

test('a null payload is a tombstone', async (t) => {
  const text = '{"schema":null,"payload":null}'
  t.is((await read(text)).rejected[0]?.reason, 'null value')
  t.is((await read(text, { tombstones: 'drop' })).operator.fates.dropped, 1)
  const { messages } = await read(text, { tombstones: 'keep' })
  t.like(messages[0], { value: null, verbatim: true })
  t.is(messages[0]?.record.bytes, null)
})
