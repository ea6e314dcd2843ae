import test from 'ava'
import { Parts } from '../../../../lib/part.ts'
import { jsonArray } from '../../../../lib/s3/format/json-array.ts'
import { jsonLines } from '../../../../lib/s3/format/json-lines.ts'
import { at } from '../../../../lib/testing.ts'

const asItCame = (text: string) => ({
  ...at('09:00', JSON.parse(text) as unknown, { bytes: Buffer.from(text) }),
  verbatim: true,
})

test('a value is one line of JSON', (t) => {
  t.is(jsonLines().row(at('09:00', { text: 'a\nb\r' }), ''), '{"text":"a\\nb\\r"}')
})

test('a value that no operator has changed keeps its bytes, uncopied', (t) => {
  const message = asItCame('{ "n": 1.0, "n": 2e0 }')
  t.true(jsonLines().row(message, '') === message.record.bytes)
})

test('of bytes with a line break in them the tokens are written, as they came', (t) => {
  const row = (text: string) => String(jsonLines().row(asItCame(text), ''))
  t.is(row('{\n"n": 1.10, "big": 12345678901234567890}'), '{"n":1.10,"big":12345678901234567890}')
  t.is(row('{"n":\r1e400}'), '{"n":1e400}')
})

test('bytes that nobody has parsed have to be JSON', (t) => {
  const unparsed = (text: string | Buffer) => {
    const bytes = Buffer.from(text)
    return { ...at('09:00', bytes, { bytes }), verbatim: true }
  }
  for (const format of [jsonLines(), jsonArray(), jsonLines({ include: ['key'] })]) {
    t.true(String(format.row(unparsed('[1.0]'), '')).includes('[1.0]'))
    for (const text of ['{"a":', '', Buffer.from([0x22, 0xff, 0x22])])
      t.throws(() => format.row(unparsed(text), ''), {
        instanceOf: TypeError,
        message: /^its bytes are no JSON: /,
      })
  }
})

test('a changed value is written, not the bytes it was made of', (t) => {
  t.is(jsonLines().row({ ...asItCame('1'), value: 2, verbatim: false }, ''), '2')
})

test('one of several events is written once, and its bytes are not made', (t) => {
  let written = 0
  const toJSON = (): string => `${++written}`
  const whole = at('09:00', [], { offset: 1, bytes: Buffer.from('[]') })
  for (const format of [jsonLines(), jsonArray()]) {
    written = 0
    format.row(new Parts().of(whole, { toJSON }), '')
    t.is(written, 1)
  }
})

test('lines end with a line feed, the last one too', (t) => {
  const { header, separator, footer } = jsonLines()
  t.is(header('') + ['1', '2'].join(separator) + footer, '1\n2\n')
})

test('what JSON cannot say is refused with its reason', (t) => {
  const refused = (value: unknown, message: string | RegExp) =>
    t.throws(() => jsonLines().row(at('09:00', value), ''), { instanceOf: TypeError, message })
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  refused(undefined, 'undefined cannot be written as JSON')
  refused(() => 1, 'a value of type function cannot be written as JSON')
  refused(Symbol('s'), 'a value of type symbol cannot be written as JSON')
  refused(cycle, /^a value of type object cannot be written as JSON: .*circular/)
})
