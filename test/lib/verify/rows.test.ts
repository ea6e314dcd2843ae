import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { sha256 } from '../../../lib/commit/record.ts'
import { StoreError } from '../../../lib/ports.ts'
import { readContent } from '../../../lib/verify/rows.ts'

const LARGE = 5 * 1024 * 1024

/** The bytes in pieces, as a store hands them out. */
async function* pieces(bytes: Buffer, size = 64 * 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const read = (text: string, contentType: string, bytes = Buffer.byteLength(text)) =>
  readContent(pieces(Buffer.from(text)), { contentType, bytes })

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
    const source = { contentType: 'application/json', bytes: LARGE }
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
  for (const bytes of [0, LARGE])
    await t.throwsAsync(readContent(failing(), { contentType: 'application/json', bytes }), {
      instanceOf: StoreError,
    })
})
