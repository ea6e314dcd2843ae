import { gzipSync } from 'node:zlib'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import type { SourceRecord } from '../../../../lib/message.ts'
import { jsonValues } from '../../../../lib/verify/trace/json-values.ts'
import { isLike, likenessOf, likenessTo, originOf } from '../../../../lib/verify/trace/likeness.ts'
import {
  hasRows,
  readRows,
  type ObjectForm,
  type Row,
} from '../../../../lib/verify/trace/row-reader.ts'

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function rowsOf(text: string | Buffer, object: ObjectForm, size = 7): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of readRows(inPieces(Buffer.from(text), size), object)) rows.push(row)
  return rows
}

const record = (value: string, offset = 5): SourceRecord => ({
  topic: 'views',
  partition: 0,
  offset,
  timestamp: 0,
  key: null,
  headers: undefined,
  bytes: Buffer.from(value),
})

testProp(
  'elements of an array come out as their texts, however they are cut and whatever is in them',
  [fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 2)],
  async (t, values, size, indent) => {
    const texts = values.map((value) => JSON.stringify(value, null, indent))
    const array = Buffer.from(`[\n${texts.join(',\n')}\n]\n`)
    const found: string[] = []
    for await (const text of jsonValues(inPieces(array, size), true)) found.push(text.toString())
    t.deepEqual(found, texts)
  },
)

testProp(
  'texts in a row come out one by one, though nothing is around them',
  [fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 40 }), fc.constantFrom('\n', ',\n')],
  async (t, values, size, separator) => {
    const texts = values.map((value) => JSON.stringify(value))
    const found: string[] = []
    for await (const text of jsonValues(inPieces(Buffer.from(texts.join(separator)), size), false))
      found.push(text.toString())
    t.deepEqual(found, texts)
  },
)

test('lines come out one by one, behind a compression too', async (t) => {
  const lines = '{"a":1}\n{"a":"ü"}\n'
  const contentType = 'application/x-ndjson'
  const texts = (rows: Row[]): string[] => rows.map(({ text }) => text)
  t.deepEqual(texts(await rowsOf(lines, { contentType }, 3)), ['{"a":1}', '{"a":"ü"}'])
  const packed = Buffer.concat([gzipSync('{"a":1}\n'), gzipSync('{"a":"ü"}\n')])
  t.deepEqual(texts(await rowsOf(packed, { contentType, compression: 'gzip' })), [
    '{"a":1}',
    '{"a":"ü"}',
  ])
})

test('cells have the names of their header, or of the schema', async (t) => {
  const named = await rowsOf('_offset;name;at\n5;"O\'K; ""x""";1\n6;b;2\n', {
    contentType: 'text/csv; charset=utf-8; header=present',
    schema: '["name","at"]',
  })
  t.deepEqual(
    named.map(({ value }) => value),
    [
      { _offset: '5', name: 'O\'K; "x"', at: '1' },
      { _offset: '6', name: 'b', at: '2' },
    ],
  )
  t.deepEqual(
    named.map((row) => originOf(row)),
    [{ offset: 5 }, { offset: 6 }],
  )
  const [bare] = await rowsOf('abc123,"two\r\nlines",7\r\n', {
    contentType: 'text/csv; charset=utf-8; header=absent',
    schema: '["id","text","n"]',
  })
  t.deepEqual(bare, {
    text: 'abc123,"two\r\nlines",7',
    value: { id: 'abc123', text: 'two\r\nlines', n: '7' },
    isCells: true,
  })
  t.true(isLike(bare!, record('{"n":7,"id":"abc123","text":"two\\r\\nlines","more":null}')))
  t.false(isLike(bare!, record('{"n":8,"id":"abc123","text":"two\\r\\nlines"}')))
})

test('tabs and line breaks of tab-separated texts are read back', async (t) => {
  const [row] = await rowsOf('a\\tb\t"x\n', {
    contentType: 'text/tab-separated-values; charset=utf-8; header=absent',
    schema: '["one","two"]',
  })
  t.deepEqual(row?.value, { one: 'a\tb', two: '"x' })
})

test('raw bytes have no rows that could be told apart', async (t) => {
  t.false(hasRows({ contentType: 'application/octet-stream' }))
  t.deepEqual(await rowsOf('abc', { contentType: 'application/octet-stream' }), [])
})

const json = (text: string): Row => ({ text, value: JSON.parse(text), isCells: false })

test('a row is like the record that it was made of, if need be with more fields, and like no other', (t) => {
  const source = record('{"id": 12345678901234567890, "n": 1.0}')
  t.true(isLike(json('{"id":12345678901234567890,"n":1.0}'), source))
  t.is(
    likenessOf(json('{"id":12345678901234567891,"n":1.0}')) === likenessTo(source, json('{}')),
    false,
  )
  t.true(isLike(json('{"n":1,"region":"south","id":12345678901234567890}'), source))
  t.false(isLike(json('{"n":2,"id":12345678901234567890}'), source))
})

test('a row that includes where it comes from is known by that', (t) => {
  const row = json('{"topic":"views","offset":9,"value":{"n":1}}')
  t.deepEqual(originOf(row), { offset: 9 })
  t.is(likenessOf(row), likenessTo(record('{ "n": 1 }', 9), row))
  t.is(originOf(json('{"offset":9}')), undefined)
  const rejected = '{"operator":"parse","reason":"null value","offset":3,"pipeline":"views"}'
  t.deepEqual(originOf(json(rejected)), {
    offset: 3,
    rejection: { operator: 'parse', reason: 'null value' },
  })
})
