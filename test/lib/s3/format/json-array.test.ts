import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { jsonArray } from '../../../../lib/s3/format/json-array.ts'
import { at } from '../../../../lib/testing.ts'

const asItCame = (text: string) => ({
  ...at('09:00', JSON.parse(text) as unknown, { bytes: Buffer.from(text) }),
  verbatim: true,
})

test('a value that no operator has changed keeps its bytes, line breaks and all', (t) => {
  const message = asItCame('{\n  "n": 1.0\r\n}')
  t.true(jsonArray().row(message, '') === message.record.bytes)
})

test('a changed value is written, not the bytes it was made of', (t) => {
  t.is(jsonArray().row({ ...asItCame('1'), value: 2, verbatim: false }, ''), '2')
})

test('what JSON cannot say is refused', (t) => {
  t.throws(() => jsonArray().row(at('09:00', undefined), ''), { instanceOf: TypeError })
})

testProp(
  'an object is one JSON array of its values, wherever it was carried on the way',
  [fc.array(fc.tuple(fc.jsonValue(), fc.boolean()), { minLength: 1 }), fc.nat()],
  (t, pairs, cut) => {
    const format = jsonArray()
    const { header, separator, footer } = format
    const rows = pairs.map(([value, verbatim]) =>
      String(format.row({ ...asItCame(JSON.stringify(value, null, 1)), verbatim }, '')),
    )
    const carried = cut % rows.length
    const runs = [rows.slice(0, carried), rows.slice(carried)].filter((run) => run.length > 0)
    const object = header('') + runs.map((run) => run.join(separator)).join(separator) + footer
    const expected = JSON.parse(JSON.stringify(pairs.map(([value]) => value))) as unknown
    t.deepEqual(JSON.parse(object), expected)
  },
)
