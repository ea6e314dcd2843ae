import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import test from 'ava'
import { csv } from '../../../../lib/s3/format/csv.ts'
import type { Format } from '../../../../lib/s3/format/format.ts'
import { jsonArray } from '../../../../lib/s3/format/json-array.ts'
import { jsonLines } from '../../../../lib/s3/format/json-lines.ts'
import { tsv } from '../../../../lib/s3/format/tsv.ts'
import { asItCame, objectsOf } from './objects.ts'

/** What events say in every way that is hard to quote. */
const notes: readonly (string | null)[] = [
  'plain',
  'a,b;c',
  'say "x"',
  'two\nlines',
  'two\r\nlines',
  'a\ttab',
  'back\\slash',
  ' spaces ',
  '',
  null,
  'Zoë 👩‍🚀',
  "it's",
  'NULL',
  '\\N',
  '-1',
]

interface Row {
  readonly id: number
  readonly big: string
  readonly share: string
  readonly note: string | null
}

const rows: readonly Row[] = notes.map((note, id) => ({
  id,
  big: `123456789012345678${id + 10}`,
  share: `${id}.10`,
  note,
}))

/** Every second one with line breaks; numbers that a double does not hold. */
const messages = rows.map(({ id, big, share, note }) => {
  const space = id % 2 === 0 ? ' ' : '\n '
  const text = `{"id":${id},${space}"big":${big},"share":${share},"note":${JSON.stringify(note)}}`
  return asItCame(text, { key: `k,${id}`, offset: id, topic: 'notes', partition: 0 })
})

const columns = ['id', 'big', 'share', 'note']
const packers = { '': (text: string) => text, '.gz': gzipSync, '.zst': zstdCompressSync }

async function written(
  format: Format<unknown>,
  packing: keyof typeof packers,
): Promise<{ path: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-formats-'))
  const path = join(folder, `rows.${format.extension}${packing}`)
  await writeFile(path, packers[packing](objectsOf(format, messages)[0] ?? ''))
  return { path, remove: () => rm(folder, { recursive: true }) }
}

async function duckdb(query: string): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(query)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

const types = `{'id': 'INTEGER', 'big': 'HUGEINT', 'share': 'DECIMAL(9,2)', 'note': 'VARCHAR'}`
const unescaped = (text: string): string =>
  text.replace(/\\[\\tnr]/g, (pair) => JSON.parse(`"${pair}"`) as string)
const asIs = (text: string): string => text

const tables: readonly [string, Format<unknown>, string, (text: string) => string][] = [
  ['csv', csv({ columns }), `delim=',', header=false`, asIs],
  [
    'csv with a header and CRLF',
    csv({ header: true, newline: '\r\n' }),
    `delim=',', header=true`,
    asIs,
  ],
  ['csv with semicolons', csv({ columns, delimiter: ';' }), `delim=';', header=false`, asIs],
  [
    'csv with a null text',
    csv({ columns, nullText: 'NULL' }),
    `delim=',', header=false, nullstr='NULL', allow_quoted_nulls=false`,
    asIs,
  ],
  ['tsv', tsv({ columns }), `delim='\t', header=false`, unescaped],
]

for (const [name, format, options, read] of tables)
  for (const packing of ['', '.gz', '.zst'] as const)
    test.serial(`DuckDB reads ${name}${packing} as it was written`, async (t) => {
      const { path, remove } = await written(format, packing)
      const nulls = options.includes('nullstr') ? '' : `, allow_quoted_nulls=false`
      const found = (await duckdb(
        `SELECT * FROM read_csv('${path}', auto_detect=false, quote='"', escape='"', ${options}${nulls}, columns=${types})`,
      )) as Row[]
      await remove()
      t.deepEqual(
        found.map((row) => ({ ...row, note: row.note && read(row.note) })),
        rows,
      )
    })

for (const [name, format] of [
  ['jsonl', jsonLines()],
  ['json', jsonArray()],
] as const)
  for (const packing of ['', '.gz', '.zst'] as const)
    test.serial(`DuckDB reads ${name}${packing} as it was written`, async (t) => {
      const { path, remove } = await written(format, packing)
      const how = name === 'json' ? 'array' : 'newline_delimited'
      const found = await duckdb(
        `SELECT * FROM read_json('${path}', format='${how}', columns=${types})`,
      )
      await remove()
      t.deepEqual(found, rows)
    })

test.serial('DuckDB reads key, offset and value of one row', async (t) => {
  const { path, remove } = await written(jsonLines({ include: ['key', 'offset'] }), '')
  const found = await duckdb(
    `SELECT key, "offset", value.note AS note FROM read_json('${path}', format='newline_delimited', columns={'key': 'VARCHAR', 'offset': 'BIGINT', 'value': 'STRUCT(note VARCHAR)'})`,
  )
  await remove()
  t.deepEqual(
    found,
    rows.map(({ id, note }) => ({ key: `k,${id}`, offset: String(id), note })),
  )
})

async function python(
  kind: 'lines' | 'array' | 'cells',
  path: string,
  delimiter = ',',
): Promise<unknown> {
  const script = join(import.meta.dirname, 'read-back.py')
  try {
    const { stdout } = await promisify(execFile)('python3', [script, kind, path, delimiter])
    return JSON.parse(stdout)
  } catch (error) {
    throw new Error(`python3, which reads objects back in this test, did not: is it there?`, {
      cause: error,
    })
  }
}

const cells: readonly [string, Format<unknown>, string, (text: string) => string][] = [
  ['csv', csv({ columns }), ',', asIs],
  ['csv with CRLF', csv({ columns, newline: '\r\n' }), ',', asIs],
  ['tsv', tsv({ columns }), '\t', unescaped],
]

for (const [name, format, delimiter, read] of cells)
  for (const packing of ['', '.gz'] as const)
    test.serial(`Python reads ${name}${packing} as it was written`, async (t) => {
      const { path, remove } = await written(format, packing)
      const found = (await python('cells', path, delimiter)) as string[][]
      await remove()
      // it has no null
      const expected = rows.map(({ id, big, share, note }) => [String(id), big, share, note ?? ''])
      t.deepEqual(
        found.map((row) => row.map(read)),
        expected,
      )
    })

for (const [name, format, kind] of [
  ['jsonl', jsonLines(), 'lines'],
  ['json', jsonArray(), 'array'],
] as const)
  test.serial(`Python reads ${name} as it was written`, async (t) => {
    const { path, remove } = await written(format, '.gz')
    const found = (await python(kind, path)) as { id: number; note: string | null }[]
    await remove()
    t.deepEqual(
      found.map(({ id, note }) => [id, note]),
      rows.map(({ id, note }) => [id, note]),
    )
  })
