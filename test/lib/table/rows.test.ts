import test from 'ava'
import { z } from 'zod'
import { readRows } from '../../../lib/table/rows.ts'
import { PipelineTable, type TableOptions } from '../../../lib/table/table.ts'

const breathe = (): Promise<void> => Promise.resolve()

const read = async <R>(text: string | Buffer, options: TableOptions<R>): Promise<[string, R][]> => {
  const table = new PipelineTable(options)
  const { rows } = await readRows(table, Buffer.from(text), breathe)
  return [...rows] as [string, R][]
}

const csv = { file: 'tables/regions.csv', key: 'country' }

test('the rows of a CSV file are found by their key', async (t) => {
  const text = '\uFEFFcountry,region\r\nNZ,"Oceania, far"\r\n\r\nFR,Europe\r\n'
  t.deepEqual(await read(text, csv), [
    ['NZ', { country: 'NZ', region: 'Oceania, far' }],
    ['FR', { country: 'FR', region: 'Europe' }],
  ])
})

test('a schema says what a row is, and may transform it', async (t) => {
  const schema = z.object({ country: z.string(), rate: z.coerce.number() })
  t.deepEqual(await read('country,rate\nNZ,0.5\n', { ...csv, schema }), [
    ['NZ', { country: 'NZ', rate: 0.5 }],
  ])
})

test('JSON has a list of rows, or an object of them by their key', async (t) => {
  const json = { object: 'regions.json', key: 'country' }
  const row = { country: 'NZ', region: 'Oceania' }
  t.deepEqual(await read(JSON.stringify([row]), json), [['NZ', row]])
  t.deepEqual(await read('{"NZ":{"region":"Oceania"}}', json), [['NZ', row]])
})

test('a row of an object may say its key again, as a number where its schema has one', async (t) => {
  const json = { object: 'a.json', key: 'id', schema: z.object({ id: z.number() }) }
  t.deepEqual(await read('{"5":{"id":5}}', json), [['5', { id: 5 }]])
})

test('JSON lines have a row each', async (t) => {
  const lines = { file: new URL('file:///tables/regions.jsonl'), key: 'id' }
  const schema = z.object({ id: z.number() })
  t.deepEqual(await read('{"id":1}\n\n{"id":2}', { ...lines, schema }), [
    ['1', { id: 1 }],
    ['2', { id: 2 }],
  ])
})

test('a large file gives way now and then', async (t) => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `country_${i},region_${i % 7}`)
  let breaths = 0
  const { rows, held } = await readRows(
    new PipelineTable(csv),
    Buffer.from(['country,region', ...lines].join('\n')),
    async () => void breaths++,
  )
  t.is(rows.size, 20_000)
  t.true(breaths > 5)
  t.true(held > 20_000 * 100)
})

const refused: [string, string | Buffer, TableOptions<unknown>, RegExp][] = [
  ['is empty', '', csv, /regions\.csv has no rows/],
  ['has a header and no rows', 'country,region\n', csv, /regions\.csv has no rows/],
  ['is not UTF-8', Buffer.from([0xff, 0xfe]), csv, /regions\.csv is not UTF-8/],
  ['lacks its key', 'land,region\nNZ,a\n', csv, /row 1 has no country.*it has: land, region/],
  ['has an empty key', 'country,region\n,a\n', csv, /row 1 has no country/],
  ['has a key twice', 'country,region\nNZ,a\nNZ,b\n', csv, /row 2 has the country 'NZ' of a row/],
  ['has a row with too many columns', 'country\nNZ\nNZ,a\n', csv, /cannot be used: .*line 3/],
  ['is no JSON', '[', { object: 'a.json', key: 'id' }, /table a\.json cannot be used: .*JSON/],
  ['is no list of objects', '[5]', { object: 'a.json', key: 'id' }, /row 1 is no object/],
  ['is a text', '"x"', { object: 'a.json', key: 'id' }, /it is no object/],
  [
    'says another key in a row than before it',
    '{"NZ":{"id":"FR"}}',
    { object: 'a.json', key: 'id' },
    /a\.json cannot be used: 'NZ' is the id of a row that says the id 'FR': make them alike, or give/,
  ],
  [
    'has an object where a key is',
    '{"NZ":{"id":{}}}',
    { object: 'a.json', key: 'id' },
    /'NZ' is the id of a row that says the id an object/,
  ],
  ['has a column twice', 'country,a,a\nNZ,1,2\n', csv, /cannot be used: it has the column a twice/],
  ['has its key twice', 'country,country\nNZ,FR\n', csv, /it has the column country twice/],
  ['has other than texts', '[{"id":"a","n":1}]', { object: 'a.json', key: 'id' }, /n is no text/],
  ['has an object as key', '[{"id":{}}]', { object: 'a.json', key: 'id' }, /id is no text and no/],
  [
    'does not fit its schema',
    'country,n\nNZ,x\n',
    { ...csv, schema: z.object({ n: z.coerce.number() }) },
    /row 1: n: /,
  ],
]

for (const [what, text, options, message] of refused)
  test(`a table that ${what} is refused`, async (t) => {
    await t.throwsAsync(read(text, options), { code: 'config', message })
  })

test('wrong options are refused by their name', (t) => {
  const make = (options: TableOptions<unknown>) => () => new PipelineTable(options)
  t.throws(make({ key: 'a' }), { message: 'a table needs either file or object' })
  t.throws(make({ key: 'a', file: 'a.csv', object: 'a.csv' }), { code: 'config' })
  t.throws(make({ key: 'a', file: new URL('http://localhost/a.csv') }), { code: 'config' })
  t.throws(make({ key: 'a', file: 'a.xlsx' }), { message: /a\.xlsx has to end in \.csv/ })
  t.throws(make({ key: 'a', file: 'a.csv', refresh: 0 }), {
    message: /^refresh of the table a\.csv/,
  })
  t.throws(make({ key: 'a', file: 'a.csv', refesh: 1 } as never), {
    message: 'table has no option refesh: it knows file, object, key, schema, refresh',
  })
  t.throws(make({ file: 'a.csv' } as never), {
    message: 'key of the table a.csv is the name of a column, not undefined',
  })
  t.throws(make({ key: 'a', file: 'a.csv', schema: {} as never }), {
    message: /^schema of the table a\.csv takes a schema that speaks Standard Schema/,
  })
})
