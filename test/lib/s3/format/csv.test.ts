import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { csv } from '../../../../lib/s3/format/csv.ts'
import { asItCame, made, objectsOf } from './objects.ts'

const row = (value: unknown, options: Parameters<typeof csv>[0] = {}): string =>
  objectsOf(csv(options), [made(value)])[0] ?? ''

test('a row has the columns that are listed, in their order, and no header', (t) => {
  const columns = ['id', 'at', 'name']
  t.is(row({ name: 'a', id: 1, at: 2.5 }, { columns }), '1,2.5,a\n')
  t.is(
    row({ name: 'a', id: 1 }, { columns, header: true, newline: '\r\n' }),
    'id,at,name\r\n1,,a\r\n',
  )
})

test('cells are quoted where they need it, and only there', (t) => {
  t.is(
    row({ a: 'x', b: 'x,y', c: 'say "x"', d: 'x\ny', e: 'x\ry', f: ' x ' }),
    'x,"x,y","say ""x""","x\ny","x\ry", x \n',
  )
  t.is(
    row({ a: 'x;y', b: "it's", c: 'x,"y"' }, { delimiter: ';', quote: "'" }),
    "'x;y';'it''s';x,\"y\"\n",
  )
  t.is(row({ a: 'x\ny' }, { newline: '\r\n' }), '"x\ny"\r\n')
  t.is(row({ a: '\ufeffx' }), '"\ufeffx"\n')
})

test('null and an empty text are two things, and so are null and a text that reads like it', (t) => {
  t.is(row({ a: '', b: null, c: undefined, d: 'x' }, { columns: ['a', 'b', 'c', 'd'] }), '"",,,x\n')
  t.is(
    row({ a: '', b: null, c: 'NULL', d: 'NULLs' }, { nullText: 'NULL' }),
    '"",NULL,"NULL",NULLs\n',
  )
})

test('numbers are as they are, however large or exact', (t) => {
  t.is(
    row({ a: 12345678901234567890n, b: 39.259011259415466, c: -0.5, d: 1e21 }),
    '12345678901234567890,39.259011259415466,-0.5,1e+21\n',
  )
  const text =
    '{ "a":12345678901234567890, "b": 1.10, "c":1e400,"d":-0.0, "e":[1.10, 12345678901234567890 ]}'
  t.deepEqual(objectsOf(csv(), [asItCame(text)]), [
    '12345678901234567890,1.10,1e400,-0.0,"[1.10,12345678901234567890]"\n',
  ])
})

test('lists and objects are JSON, dates are what they say in JSON, true and false are words', (t) => {
  const value = { a: [1n, 'x'], b: { c: null }, d: new Date(0), e: true, f: false }
  t.is(row(value), '"[1,""x""]","{""c"":null}",1970-01-01T00:00:00.000Z,true,false\n')
})

test('formulas are guarded on request, in texts and names, and numbers are none', (t) => {
  const value = {
    '=a': '=1+1',
    b: '+1',
    c: '-1',
    d: '@x',
    e: '\tx',
    f: '\rx',
    g: -1,
    h: 'a=1',
    i: '＝1',
  }
  const [header, ...rows] = row(value, { guardFormulas: true, header: true }).split('\n')
  t.is(header, "'=a,b,c,d,e,f,g,h,i")
  t.is(rows.join('\n'), "'=1+1,'+1,'-1,'@x,'\tx,\"'\rx\",-1,a=1,'＝1\n")
  t.is(row({ a: '=1+1' }), '=1+1\n')
  t.deepEqual(objectsOf(csv({ guardFormulas: true }), [asItCame('{"a":-1.0}')]), ['-1.0\n'])
})

test('what cannot be written is refused with its reason', (t) => {
  const refused = (value: unknown, message: string | RegExp, options?: Parameters<typeof csv>[0]) =>
    t.throws(() => row(value, options), { instanceOf: TypeError, message })
  refused('x', 'csv() writes the fields of events, and this is a string')
  refused([1], 'csv() writes the fields of events, and this is a list')
  refused(
    Buffer.from('{}'),
    /^csv\(\) writes the fields of events, and these are bytes: put parse\(\)/,
  )
  refused({}, 'csv() cannot write an event without a field')
  refused({ a: '\ud800' }, /^a text with half a surrogate pair cannot be written in UTF-8/)
  refused({ a: () => 1 }, 'a value of type function cannot be written as JSON')
  refused(null, 'csv() knows no columns for a tombstone that begins an object: state columns')
})

test('a column that is called like a method is a column, and nothing is inherited', (t) => {
  t.is(row({ a: 1 }, { columns: ['a', 'constructor', '__proto__', 'toString'] }), '1,,,\n')
  t.deepEqual(objectsOf(csv(), [asItCame('{"__proto__":1,"b":2}')]), ['1,2\n'])
})

const refusals: Readonly<Record<string, [Parameters<typeof csv>[0], RegExp]>> = {
  'delimiter and quote': [
    { delimiter: '"' },
    /^delimiter and quote of csv are both "\\"": choose another one/,
  ],
  'a delimiter of two characters': [{ delimiter: '||' }, /^delimiter of csv is one character/],
  'a line break as quote': [{ quote: '\n' }, /^quote of csv is one character/],
  'a null text with a delimiter': [{ nullText: 'a,b' }, /^nullText of csv has "," in it/],
  'another newline': [
    { newline: '\r' as '\n' },
    /^newline of csv is '\\n' or '\\r\\n', not "\\r"$/,
  ],
  'another drift': [
    { drift: 'ignore' as 'widen' },
    /^drift of csv is reject or widen, not ignore$/,
  ],
  'widening without a header': [
    { drift: 'widen' },
    /^drift: 'widen' of csv .*say header: true, or drift: 'reject'$/,
  ],
  'no columns': [{ columns: [] }, /^columns of csv is a list of names/],
  'a column twice': [{ columns: ['a', 'a'] }, /^columns of csv names a twice$/],
  'a column of the record': [
    { columns: ['_key'], include: ['key'] },
    /^columns of csv has _key, which is what include/,
  ],
  'a field of the record that there is not': [
    { include: ['value' as 'key'] },
    /^include of csv takes key, headers/,
  ],
  'a field of the record twice': [{ include: ['key', 'key'] }, /^include of csv names key twice$/],
}

for (const [what, [options, message]] of Object.entries(refusals))
  test(`refused when it is built: ${what}`, (t) => {
    t.throws(() => csv(options), { message, code: 'config' })
  })

const cell = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '"', ',', '\n', '\r\n', 'NULL', '\ufeff'),
  fc.integer().map(String),
  fc.constant(null),
)
const events = fc.array(
  fc.tuple(cell, cell, cell).map(([a, b, c]) => ({ a, b, c })),
  { minLength: 1 },
)

testProp(
  'rows are the bytes that csv-stringify writes, and come back',
  [
    events,
    fc.constantFrom(',', ';', '\t'),
    fc.constantFrom('"', "'"),
    fc.constantFrom('\n', '\r\n'),
  ],
  (t, rows, delimiter, quote, newline) => {
    const options = { delimiter, quote, newline } as const
    const [object = ''] = objectsOf(
      csv(options),
      rows.map((event) => made(event)),
    )
    const ours = {
      delimiter,
      quote,
      escape: quote,
      record_delimiter: newline,
      quote_record_delimiter: true,
    }
    t.is(object, stringify(rows, { ...ours, quoted_match: /^(?:$|\ufeff)/ }))
    const read: unknown = parse(object, {
      delimiter,
      quote,
      escape: quote,
      record_delimiter: newline,
      cast: (text, { quoting }) => (text === '' && !quoting ? null : text),
    })
    t.deepEqual(
      read,
      rows.map(({ a, b, c }) => [a, b, c]),
    )
  },
)
