import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { at, feed } from '../../lib/testing.ts'
import { filter } from '../../operators/filter.ts'
import { parse, type ParseOptions } from '../../operators/parse.ts'

const read = (bytes: Buffer | null, options?: ParseOptions) =>
  feed(at('09:00', bytes, { bytes })).run(parse(options))

const reasonFor = async (bytes: Buffer | null, options?: ParseOptions) =>
  (await read(bytes, options)).rejected[0]?.reason

testProp('any JSON text becomes its value', [fc.json()], async (t, text) => {
  const { messages } = await read(Buffer.from(text))
  t.deepEqual(messages[0]?.value, JSON.parse(text))
  t.true(messages[0]?.verbatim)
})

test('what is no JSON is rejected, with the reason', async (t) => {
  t.regex((await reasonFor(Buffer.from('{"a":'))) ?? '', /^malformed JSON: /)
  t.regex((await reasonFor(Buffer.from(' '))) ?? '', /^malformed JSON: /)
  t.is(await reasonFor(Buffer.from('')), 'empty value')
  t.is(await reasonFor(null), 'null value')
})

test('bytes that are not UTF-8 are rejected, though JSON.parse would take them', async (t) => {
  t.is(await reasonFor(Buffer.from([0x22, 0xff, 0x22])), 'invalid UTF-8')
  t.is(await reasonFor(Buffer.from('"\ud800"', 'utf16le')), 'invalid UTF-8')
})

test('a value of more than the most bytes is rejected unread', async (t) => {
  const bytes = Buffer.from('[1,2]')
  t.is(await reasonFor(bytes, { maxBytes: 4 }), 'too large: 5 bytes, more than the 4 of maxBytes')
  t.deepEqual((await read(bytes, { maxBytes: 5 })).values, [[1, 2]])
})

test('a byte order mark is skipped, and the bytes are then not archived as they are', async (t) => {
  const { messages } = await read(Buffer.from('\ufeff[1]'))
  t.deepEqual(messages[0]?.value, [1])
  t.false(messages[0]?.verbatim)
})

test('a value that is not the record’s own is not verbatim', async (t) => {
  const { messages } = await feed(
    at('09:00', Buffer.from('1'), { bytes: Buffer.from('{"inner":1}') }),
  ).run(parse())
  t.false(messages[0]?.verbatim)
})

test('tombstones that are dropped before it are no rejects', async (t) => {
  const records = feed<Buffer | null>(at('09:00', null), at('09:01', Buffer.from('1')))
  const alive = await records.through(filter((bytes) => bytes !== null))
  const { values, rejected } = await feed(...alive.map((bytes) => at('09:01', bytes))).run(parse())
  t.deepEqual(values, [1])
  t.deepEqual(rejected, [])
})
