import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { Chunk, CHUNK_BYTES, CHUNK_MESSAGES, type Item, type Message } from '../../lib/message.ts'
import { newStores } from '../../lib/state/stores.ts'
import { at, feed } from '../../lib/testing.ts'
import { parse, type ParseOptions } from '../../operators/parse.ts'
import { cuts, runLane } from './lane.ts'

const asRead = (body: Buffer | string, offset = 0): Message<Buffer> => {
  const bytes = Buffer.from(body)
  return { ...at('09:00', bytes, { bytes, offset }), verbatim: true }
}

const lines = (options?: ParseOptions) => parse({ ...options, format: 'ndjson' })
const elements = (options?: ParseOptions) => parse({ ...options, format: 'json-array' })

const reasonsOf = (rejected: readonly { reason: string }[]): string[] =>
  rejected.map(({ reason }) => reason)

test('of NDJSON each line is an event, with a number and its own bytes', async (t) => {
  const { messages, operator } = await feed(asRead('{ "n": 1.0 }\r\n\n \t\n[2]\n3', 7)).run(lines())
  t.deepEqual(
    messages.map(({ value, index, verbatim, record }) => [
      value,
      record.offset,
      index,
      verbatim,
      record.bytes?.toString(),
    ]),
    [
      [{ n: 1 }, 7, 0, true, '{ "n": 1.0 }'],
      [[2], 7, 1, true, '[2]'],
      [3, 7, 2, true, '3'],
    ],
  )
  t.deepEqual(operator.fates, { dropped: 0, rejected: 0, expanded: 2 })
})

test('a broken line is rejected alone, with its number and its bytes', async (t) => {
  const body = Buffer.concat([
    Buffer.from('\ufeff1\n{"a":\n\n'),
    Buffer.from([0x22, 0xff, 0x22, 0x0a]),
    Buffer.from('2\n'),
  ])
  const { messages, rejected, operator } = await feed(asRead(body)).run(lines())
  t.deepEqual(
    messages.map(({ value, index }) => [value, index]),
    [
      [1, 0],
      [2, 3],
    ],
  )
  t.regex(reasonsOf(rejected).join('; '), /^malformed JSON: line 2: .*; invalid UTF-8: line 4$/)
  t.deepEqual(
    rejected.map(({ message }) => [message.index, message.record.bytes?.toString('hex')]),
    [
      [1, Buffer.from('{"a":').toString('hex')],
      [2, '22ff22'],
    ],
  )
  t.deepEqual(operator.fates, { dropped: 0, rejected: 2, expanded: 3 })
})

test('of an array each element is an event, which is written anew', async (t) => {
  const { messages } = await feed(asRead('\ufeff[ {"n":1.0}, null, [[]] ]\n')).run(elements())
  t.deepEqual(
    messages.map(({ value, index, verbatim, record }) => [
      value,
      index,
      verbatim,
      record.bytes?.toString(),
    ]),
    [
      [{ n: 1 }, 0, false, '{"n":1}'],
      [null, 1, false, 'null'],
      [[[]], 2, false, '[[]]'],
    ],
  )
})

test('of an array that breaks, what came before stays, and the rest is one reject', async (t) => {
  const { values, rejected, operator } = await feed(
    asRead('[{"a":1},{"b":[2]},{"c":3]}'),
    asRead('["x","y", 3', 1),
    asRead('{"a":1}', 2),
    asRead('7', 3),
    asRead('[1] 2', 4),
    asRead(' ', 5),
  ).run(elements())
  t.deepEqual(values, [{ a: 1 }, { b: [2] }, 'x', 'y', 1])
  t.deepEqual(
    reasonsOf(rejected).map((reason) => reason.replace(/Parser.*(?=, at)/, '…')),
    [
      'malformed JSON: …, at byte 25, after 2 elements',
      'malformed JSON: the array has no end, at byte 11, after 2 elements',
      'malformed JSON: it is not an array, at byte 0',
      'malformed JSON: it is not an array',
      'malformed JSON: …, at byte 4, after 1 elements',
      'malformed JSON: it is not an array',
    ],
  )
  t.deepEqual(
    rejected.map(({ message }) => [message.record.offset, message.index]),
    [
      [0, 2],
      [1, 2],
      [2, 0],
      [3, 0],
      [4, 1],
      [5, 0],
    ],
  )
  t.is(values.length + rejected.length, 6 + operator.fates.expanded)
})

test('a value without any line or element is dropped, one without bytes is rejected', async (t) => {
  for (const [build, body] of [
    [lines, '\n \n'],
    [elements, ' [ ] '],
  ] as const) {
    const { operator, rejected } = await feed(asRead(body), asRead('', 1)).run(build())
    t.deepEqual(operator.fates, { dropped: 1, rejected: 1, expanded: 0 })
    t.deepEqual(reasonsOf(rejected), ['empty value'])
  }
})

test('a value of more than the most bytes is rejected unread, in every format', async (t) => {
  for (const format of ['json', 'ndjson', 'json-array'] as const) {
    const { rejected } = await feed(asRead('[1, 2]')).run(parse({ format, maxBytes: 5 }))
    t.regex(rejected[0]?.reason ?? '', /^too large: 6 bytes/)
  }
  const bytes = await feed(asRead('[1, 2]')).run(parse({ format: 'bytes', maxBytes: 5 }))
  t.is(bytes.rejected.length, 1)
})

test('a text is its characters, bytes are as they came', async (t) => {
  const text = await feed(
    asRead('\ufeffgrün\n'),
    asRead('', 1),
    asRead(Buffer.from([0xff]), 2),
  ).run(parse({ format: 'text' }))
  t.deepEqual(text.values, ['grün\n', ''])
  t.deepEqual(reasonsOf(text.rejected), ['invalid UTF-8'])
  t.false(text.messages[0]?.verbatim)
  const read = asRead(Buffer.from([0xff, 0x0a]))
  const bytes = await feed<Buffer | null>(read, at('09:00', null)).run(parse({ format: 'bytes' }))
  t.is(bytes.values[0], read.value)
  t.true(bytes.messages[0]?.verbatim)
  t.deepEqual(reasonsOf(bytes.rejected), ['null value'])
})

test('where integers are to be exact, one beyond 2^53 is a bigint', async (t) => {
  const text =
    '{"id":9223372036854775807,"n":[-9007199254740993,9007199254740991,1.0,1e2,1234567890123456.5,1e400],"t":"9223372036854775807"}'
  const value = {
    id: 9223372036854775807n,
    n: [-9007199254740993n, 9007199254740991, 1, 100, 1234567890123456.5, Infinity],
    t: '9223372036854775807',
  }
  for (const [format, body] of [
    ['json', text],
    ['ndjson', `${text}\n`],
    ['json-array', `[${text}]`],
    ['json-array', `[${' '.repeat(CHUNK_BYTES)}${text}]`],
  ] as const) {
    t.deepEqual(await feed(asRead(body)).through(parse({ format, integers: 'exact' })), [value])
    t.deepEqual(await feed(asRead(body)).through(parse({ format })), [JSON.parse(text)])
  }
})

test('options that mean nothing are refused when it is built', (t) => {
  const refused = (options: object, message: RegExp) =>
    t.throws(() => parse(options as ParseOptions), { code: 'config', message })
  refused({ format: 'csv' }, /^format of parse is json, .* not csv$/)
  refused({ format: 'text', integers: 'exact' }, /^integers of parse .* the format is text/)
  refused({ integers: 'all' }, /^integers of parse is number or exact, not all$/)
})

/** More than one piece of a stream, so that it is not parsed at once. */
const padded = (texts: readonly string[], pad: number): string =>
  `[${texts.map((text) => `${' '.repeat(pad)}${text}\n`).join(',')}${' '.repeat(CHUNK_BYTES)}]`

const jsons = fc.array(fc.json(), { maxLength: 8 })
const pads = fc.integer({ min: 0, max: CHUNK_BYTES })

testProp(
  'an array in a stream has the elements that it has at once, wherever its pieces end',
  [jsons, pads],
  async (t, texts, pad) => {
    const values = await feed(asRead(padded(texts, pad))).through(elements())
    t.deepEqual(
      values,
      texts.map((text) => JSON.parse(text) as unknown),
    )
  },
  { numRuns: 50 },
)

testProp(
  'an array that is cut off or altered gives the elements before that, each once, and one reject, or is an array still',
  [jsons, pads, fc.nat(), fc.constantFrom('', '}', '"', ',', ']', 'é', '\\', '0')],
  async (t, texts, pad, where, other) => {
    const whole = padded(texts, pad)
    const place = where % whole.length
    const body = whole.slice(0, place) + other + (other === '' ? '' : whole.slice(place + 1))
    const { values, rejected } = await feed(asRead(body)).run(elements())
    const before = texts.map((text) => JSON.parse(text) as unknown)
    let still: unknown
    try {
      still = JSON.parse(body)
    } catch {
      // an element is whole at its last character, a number or a word at the comma or bracket after it
      const ends = texts.map((text, i) => {
        const lineFeed = padded(texts.slice(0, i + 1), pad).length - CHUNK_BYTES - 2
        if (/["}\]]$/.test(text)) return lineFeed - 1
        return i === texts.length - 1 ? whole.length - 1 : lineFeed + 1
      })
      const least = ends.filter((end) => end < place).length
      t.is(rejected.length, 1)
      t.true(values.length >= least && values.length <= least + 1, `${values.length} of ${least}`)
      t.deepEqual(values.slice(0, least), before.slice(0, least))
      return
    }
    t.deepEqual(values, still)
    t.is(rejected.length, 0)
  },
  { numRuns: 100 },
)

const bodies = fc.array(
  fc.array(fc.oneof(fc.json(), fc.constantFrom('{', '', 'x', '1 2')), { maxLength: 6 }),
  { maxLength: 12 },
)

testProp(
  'however it is cut and restarted, each format gives the same events and rejects under the same numbers',
  [bodies, cuts, fc.constantFrom('ndjson', 'json-array')],
  async (t, all, cut, format) => {
    const messages = all.map((texts, offset) =>
      asRead(format === 'ndjson' ? texts.join('\n') : `[${texts.join(',')}]`, offset),
    )
    const shapeOf = async (outcome: ReturnType<typeof runLane>) => {
      const { messages: made, rejected } = await outcome
      return [
        made.map(({ value, record, index }) => [record.offset, index, value]),
        rejected.map(({ reason, message }) => [message.record.offset, message.index, reason]),
      ]
    }
    const build = () => [parse({ format: format as 'ndjson' })]
    const whole = await shapeOf(runLane(build, messages))
    t.deepEqual(await shapeOf(runLane(build, messages, cut)), whole)
    const numbers = whole.flat().map(([offset, index]) => `${Number(offset)} ${Number(index)}`)
    t.is(new Set(numbers).size, numbers.length)
  },
)

/** The largest sums, over all chunks, of messages and of bytes of their events, as long as nobody but this asks for more. */
async function mostHeld(stream: ReturnType<typeof parse<string>>, body: Buffer, count: number) {
  stream.bind({ state: newStores(), reject: () => undefined })
  stream.write(new Chunk([asRead(body)]))
  let seen = 0
  let most = { chunks: 0, messages: 0, bytes: 0 }
  for await (const item of stream as AsyncIterable<Item<string>>) {
    if (!(item instanceof Chunk)) continue
    seen += item.messages.length
    most = {
      chunks: Math.max(most.chunks, stream.readableLength),
      messages: Math.max(most.messages, item.messages.length),
      bytes: Math.max(
        most.bytes,
        item.messages.reduce((sum, { value }) => sum + value.length, 0),
      ),
    }
    if (seen === count) break
  }
  return most
}

const MEGABYTES = 1024 ** 2

test('of a body of 200 MB, two chunks at the most are held, each of a piece and one element', async (t) => {
  const text = JSON.stringify('a'.repeat(20_000))
  const count = Math.floor((200 * MEGABYTES) / (text.length + 1))
  const row = Buffer.from(`${text},`)
  const body = Buffer.alloc(count * row.length + 1, row)
  body.copyWithin(1, 0, body.length - 1)
  body.write('[', 0)
  body.write(']', body.length - 1)
  const held = await mostHeld(parse<string>({ format: 'json-array' }), body, count)
  t.true(held.chunks <= 2 && held.bytes <= CHUNK_BYTES + text.length, JSON.stringify(held))

  body.fill(Buffer.from(`${text}\n`))
  const ofLines = await mostHeld(parse<string>({ format: 'ndjson' }), body, count)
  t.true(ofLines.chunks <= 2 && ofLines.bytes <= CHUNK_BYTES + text.length, JSON.stringify(ofLines))
})

test('of many small events, a chunk has the most that a chunk has', async (t) => {
  const body = Buffer.from(`[${Array.from({ length: 50_000 }, () => '""').join(',')}]`)
  const held = await mostHeld(parse<string>({ format: 'json-array' }), body, 50_000)
  t.is(held.messages, CHUNK_MESSAGES)
  t.true(held.chunks <= 2)
})
