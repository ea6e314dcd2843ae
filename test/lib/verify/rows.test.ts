import { gzipSync, zstdCompressSync } from 'node:zlib'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { type CompressionName, sha256 } from '../../../lib/commit/record.ts'
import { StoreError } from '../../../lib/ports.ts'
import { readContent } from '../../../lib/verify/rows.ts'

const LARGE = 5 * 1024 * 1024

/** The bytes in pieces, as a store hands them out. */
async function* pieces(bytes: Buffer, size = 64 * 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const read = (text: string, contentType: string, rowBytes = Buffer.byteLength(text)) =>
  readContent(pieces(Buffer.from(text)), { contentType, rowBytes })

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
  'an array has as many rows when it is read in a stream',
  [fc.array(fc.json(), { maxLength: 20 }), fc.integer({ min: 1, max: 7 })],
  async (t, rows, size) => {
    const bytes = Buffer.from(`[\n${rows.join(',\n')}\n]\n`)
    const source = { contentType: 'application/json', rowBytes: LARGE }
    const content = await readContent(pieces(bytes, size), source)
    t.is(content.rows, rows.length)
    t.is(content.sha256, sha256(bytes))
  },
)

for (const [how, expected] of Object.entries({ 'at once': 0, 'in a stream': LARGE }))
  test(`what is not one array is told, read ${how}`, async (t) => {
    for (const text of ['[1,2', '{"a":1}', '', '[1] x'])
      t.is(
        (await read(text, 'application/json', expected)).rows,
        'its bytes are not one JSON array',
        text,
      )
  })

test('the rows of JSON lines are its lines', async (t) => {
  t.is((await read('{"a":1}\n{"a":2}\n', 'application/x-ndjson')).rows, 2)
})

test('raw bytes have no rows that could be told apart', async (t) => {
  t.is((await read('a\nb', 'application/octet-stream')).rows, undefined)
})

test('a store that fails while an array is read is not taken for a broken array', async (t) => {
  async function* failing(): AsyncGenerator<Buffer> {
    yield Buffer.from('[1,')
    throw new StoreError('transient', 'reset')
  }
  for (const rowBytes of [0, LARGE])
    await t.throwsAsync(readContent(failing(), { contentType: 'application/json', rowBytes }), {
      instanceOf: StoreError,
    })
})

const packers = { gzip: gzipSync, zstd: zstdCompressSync }

for (const [compression, pack] of Object.entries(packers) as [CompressionName, typeof gzipSync][])
  for (const [contentType, rows] of [
    ['application/json', ['[\n1,', '2,3\n]']],
    ['application/x-ndjson', ['1\n2\n', '3\n']],
  ] as const)
    for (const rowBytes of [0, LARGE]) {
      const source = { contentType, compression, rowBytes }
      const packed = Buffer.concat(rows.map((text) => pack(text)))

      test(`rows are counted behind ${compression}, block after block, in ${contentType} of ${rowBytes} bytes`, async (t) => {
        for (const size of [7, 64 * 1024]) {
          const content = await readContent(pieces(packed, size), source)
          t.is(content.rows, 3)
          t.is(content.bytes, packed.length)
          t.is(content.sha256, sha256(packed))
        }
      })

      test(`what is not ${compression}, or ends too soon, is told, in ${contentType} of ${rowBytes} bytes`, async (t) => {
        for (const bytes of [packed.subarray(0, -3), Buffer.from('[1]\n')])
          t.is((await readContent(pieces(bytes), source)).rows, `its bytes are not ${compression}`)
      })

      test(`a store that fails while ${compression} is read is not taken for broken bytes, in ${contentType} of ${rowBytes} bytes`, async (t) => {
        async function* failing(): AsyncGenerator<Buffer> {
          yield packed.subarray(0, 10)
          throw new StoreError('transient', 'reset')
        }
        await t.throwsAsync(readContent(failing(), source), { instanceOf: StoreError })
      })
    }
