import { parse } from 'csv-parse/sync'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { tsv } from '../../../../lib/s3/format/tsv.ts'
import { made, objectsOf } from './objects.ts'

const object = (rows: readonly object[], options = {}): string =>
  objectsOf(
    tsv<object>(options),
    rows.map((row) => made(row)),
  )[0] ?? ''

test('tabs, line breaks and backslashes are escaped, so that a line is a row', (t) => {
  t.is(object([{ a: 'x\ty', b: 'x\r\ny', c: 'x\\y', d: 1 }]), 'x\\ty\tx\\r\\ny\tx\\\\y\t1\n')
})

test('quotes, null and an empty text are as in CSV', (t) => {
  t.is(object([{ a: 'say "x"', b: '', c: null, d: 'x' }]), '"say ""x"""\t""\t\tx\n')
  t.is(object([{ a: null, b: '\\N' }], { nullText: '\\N' }), '\\N\t\\\\N\n')
})

test('a header is asked for, and its names are escaped too', (t) => {
  t.is(object([{ 'a\tb': 1 }], { header: true, newline: '\r\n' }), 'a\\tb\r\n1\r\n')
})

test('a formula is guarded before it is escaped', (t) => {
  t.is(object([{ a: '\t=1' }], { guardFormulas: true }), "'\\t=1\n")
})

test('a null text with a tab is refused when it is built', (t) => {
  t.throws(() => tsv({ nullText: '\t' }), { message: /^nullText of tsv has "\\t" in it/ })
})

const unescape = (text: string): string =>
  text.replace(/\\[\\tnr]/g, (pair) => JSON.parse(`"${pair}"`) as string)

testProp(
  'what is written comes back, a line for each row',
  [
    fc.array(
      fc.tuple(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('\t', '\\t', '\r\n', '\\', '"', ''),
      ),
      { minLength: 1 },
    ),
  ],
  (t, rows) => {
    const text = object(rows.map(([a, b]) => ({ a, b })))
    t.is(text.split('\n').length - 1, rows.length)
    const read = parse(text, { delimiter: '\t', record_delimiter: '\n' }) as string[][]
    t.deepEqual(
      read.map((cells) => cells.map(unescape)),
      rows,
    )
  },
)
