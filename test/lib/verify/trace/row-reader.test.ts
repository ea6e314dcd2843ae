import { gzipSync } from 'node:zlib'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { csv } from '../../../../lib/s3/format/csv.ts'
import { tsv } from '../../../../lib/s3/format/tsv.ts'
import { at } from '../../../../lib/testing.ts'
import type { SourceRecord } from '../../../../lib/message.ts'
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
    contentType: 'text/csv; delimiter=%3B; charset=utf-8; header=present',
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
    from: 0,
    to: 21,
  })
  t.true(isLike(bare!, record('{"n":7,"id":"abc123","text":"two\\r\\nlines","more":null}')))
  t.false(isLike(bare!, record('{"n":8,"id":"abc123","text":"two\\r\\nlines"}')))
})

test('tabs and line breaks of tab-separated texts are read back', async (t) => {
  const [row] = await rowsOf('a\\tb\t"""x"\n', {
    contentType: 'text/tab-separated-values; charset=utf-8; header=absent',
    schema: '["one","two"]',
  })
  t.deepEqual(row?.value, { one: 'a\tb', two: '"x' })
})

const cell = fc.oneof(
  fc.string(),
  fc.constantFrom('', '"', "'", '\n', '\r\n', ',', ';', '\t', '\\'),
)
const events = fc.array(fc.record({ a: cell, b: cell }), { minLength: 1 })
const tables = fc.record({
  header: fc.boolean(),
  newline: fc.constantFrom('\n', '\r\n'),
  include: fc.constantFrom([], ['offset'] as const),
})

for (const [name, formatOf] of Object.entries({
  csv,
  tsv,
  'csv of other characters': (options: object) => csv({ ...options, quote: "'", delimiter: ';' }),
}))
  testProp(
    `cells of ${name} are those that were written, and rows stand where they are said to`,
    [events, tables, fc.integer({ min: 1, max: 9 })],
    async (t, values, options, size) => {
      const format = formatOf({ ...options, columns: ['a', 'b'] })
      const schema = '["a","b"]'
      const lines = values.map((value) => String(format.row(at('09:00', value), schema)))
      const text = format.header(schema) + lines.join(format.separator) + format.footer
      const rows = await rowsOf(text, { contentType: format.contentType, schema }, size)
      t.deepEqual(
        rows.map(({ value }) => value),
        values.map((value) =>
          options.header && options.include.length > 0 ? { _offset: '', ...value } : value,
        ),
      )
      const bytes = Buffer.from(text)
      for (const { from, to, text: row } of rows) t.is(String(bytes.subarray(from, to)), row)
    },
  )

test('rows between separators stand where they are said to, whatever they are', async (t) => {
  const contentType = 'application/octet-stream; separator=%0D%0A'
  const rows = await rowsOf('one\r\n\r\n{"n":3}', { contentType }, 2)
  t.deepEqual(
    rows.map(({ text, from, to }) => [text, from, to]),
    [
      ['one', 0, 3],
      ['', 5, 5],
      ['{"n":3}', 7, 14],
    ],
  )
  t.true(isLike(rows[0]!, record('one')))
  t.false(isLike(rows[0]!, record('two')))
})

test('raw bytes have no rows that could be told apart', async (t) => {
  t.false(hasRows({ contentType: 'application/octet-stream' }))
  t.deepEqual(await rowsOf('abc', { contentType: 'application/octet-stream' }), [])
})

const json = (text: string): Row => ({
  text,
  value: JSON.parse(text),
  isCells: false,
  from: 0,
  to: text.length,
})

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
