import { gzipSync, zstdCompressSync } from 'node:zlib'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { type CompressionName, sha256 } from '../../../lib/commit/record.ts'
import { StoreError } from '../../../lib/ports.ts'
import { csv } from '../../../lib/s3/format/csv.ts'
import { tsv } from '../../../lib/s3/format/tsv.ts'
import { at } from '../../../lib/testing.ts'
import { readContent, RowReader } from '../../../lib/verify/rows.ts'

/** The bytes in pieces, as a store hands them out. */
async function* pieces(bytes: Buffer, size = 64 * 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const read = (text: string, contentType: string, rows = 0, size?: number) =>
  readContent(pieces(Buffer.from(text), size), { contentType, rows })

test('length and hash are those of the bytes', async (t) => {
  const text = '[1]'
  const { bytes, sha256: hash } = await read(text, 'application/json')
  t.is(bytes, 3)
  t.is(hash, sha256(text))
})

test('the rows of an array are its elements, not its commas', async (t) => {
  t.is((await read('[\n{"a":[1,2]},\n"],["\n]\n', 'application/json')).rows, 2)
  t.is((await read('[]', 'application/json')).rows, 0)
})

testProp(
  'an array has as many rows in whatever pieces it is read',
  [fc.array(fc.json(), { maxLength: 20 }), fc.integer({ min: 1, max: 7 })],
  async (t, rows, size) => {
    const text = `[\n${rows.join(',\n')}\n]\n`
    const content = await read(text, 'application/json', 0, size)
    t.is(content.rows, rows.length)
    t.is(content.sha256, sha256(text))
  },
)

test('what is not one array is told, and all of it is read', async (t) => {
  for (const text of ['[1,2', '{"a":1}', '', '[1] x', '[1,,2]', '[1}', '[1],[2]', '[{"a":1]]', ']'])
    for (const size of [1, 64]) {
      const content = await read(text, 'application/json', 0, size)
      t.is(content.rows, 'its bytes are not one JSON array', text)
      t.is(content.sha256, sha256(text))
    }
})

test('the rows of JSON lines are its lines', async (t) => {
  t.is((await read('{"a":1}\n{"a":2}\n', 'application/x-ndjson')).rows, 2)
})

test('a line without an end is told', async (t) => {
  t.is((await read('1\n2', 'application/x-ndjson')).rows, 'its last line has no end')
})

test('raw bytes have no rows that could be told apart', async (t) => {
  for (const rows of [0, 2])
    t.is((await read('a\nb', 'application/octet-stream', rows)).rows, undefined)
})

test('raw bytes with a separator have as many rows as there is room for, and a row may hold it', async (t) => {
  const type = 'application/octet-stream; separator=%0D%0A'
  for (const size of [1, 64]) {
    t.is((await read('a\r\n\r\nb', type, 3, size)).rows, 3)
    t.is((await read('a\r\n\r\nb', type, 2, size)).rows, undefined)
    t.is((await read('a\r\nb', type, 3, size)).rows, 2)
  }
})

const cell = fc.oneof(fc.string(), fc.constantFrom('', '"', "'", '\n', '\r\n', ',', '\t', null))
const events = fc.array(fc.record({ a: cell, b: cell }), { minLength: 1 })
const lineOptions = fc.record({ header: fc.boolean(), newline: fc.constantFrom('\n', '\r\n') })

for (const [name, formatOf] of Object.entries({
  csv,
  tsv,
  'csv in other quotes': (options: object) => csv({ ...options, quote: "'" }),
}))
  testProp(
    `rows of ${name} come back byte for byte, line breaks within them and a header or not`,
    [events, lineOptions, fc.integer({ min: 1, max: 9 })],
    async (t, values, options, size) => {
      const format = formatOf({ ...options, columns: ['a', 'b'] })
      const rows = values.map((value) => String(format.row(at('09:00', value), '["a","b"]')))
      const text = format.header('["a","b"]') + rows.join(format.separator) + format.footer
      const reader = new RowReader(format.contentType)
      const found: Buffer[] = []
      for await (const piece of pieces(Buffer.from(text), size)) found.push(...reader.push(piece))
      found.push(...reader.end())
      t.deepEqual(found.map(String), rows)
      t.is((await read(text, format.contentType, 0, size)).rows, rows.length)
    },
  )

test('a store that fails while an array is read is not taken for a broken array', async (t) => {
  async function* failing(): AsyncGenerator<Buffer> {
    yield Buffer.from('[1,')
    throw new StoreError('transient', 'reset')
  }
  await t.throwsAsync(readContent(failing(), { contentType: 'application/json', rows: 1 }), {
    instanceOf: StoreError,
  })
})

const packers = { gzip: gzipSync, zstd: zstdCompressSync }

for (const [compression, pack] of Object.entries(packers) as [CompressionName, typeof gzipSync][])
  for (const [contentType, rows] of [
    ['application/json', ['[\n1,', '2,3\n]']],
    ['application/x-ndjson', ['1\n2\n', '3\n']],
  ] as const) {
    const source = { contentType, compression, rows: 3 }
    const packed = Buffer.concat(rows.map((text) => pack(text)))

    test(`rows are counted behind ${compression}, block after block, in ${contentType}`, async (t) => {
      for (const size of [7, 64 * 1024]) {
        const content = await readContent(pieces(packed, size), source)
        t.is(content.rows, 3)
        t.is(content.bytes, packed.length)
        t.is(content.sha256, sha256(packed))
      }
    })

    test(`what is not ${compression}, or ends too soon, is told, in ${contentType}`, async (t) => {
      for (const bytes of [packed.subarray(0, -3), Buffer.from('[1]\n')])
        t.is((await readContent(pieces(bytes), source)).rows, `its bytes are not ${compression}`)
    })

    test(`a store that fails while ${compression} is read is not taken for broken bytes, in ${contentType}`, async (t) => {
      async function* failing(): AsyncGenerator<Buffer> {
        yield packed.subarray(0, 10)
        throw new StoreError('transient', 'reset')
      }
      await t.throwsAsync(readContent(failing(), source), { instanceOf: StoreError })
    })
  }
