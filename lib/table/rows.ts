import { isUtf8 } from 'node:buffer'
import { pipeline, Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { kindOf } from '../argument-check.ts'
import { messageOf, SluiceError } from '../errors.ts'
import { describe, type StandardSchema } from '../standard-schema.ts'
import type { PipelineTable } from './table.ts'

type Row = Readonly<Record<string, unknown>>

/** How much is read before others have their turn, in bytes. */
const PIECE = 64 * 1024

/** Bytes of memory that a row and each of its columns take besides their text, roughly. */
const ROW_BYTES = 50
const COLUMN_BYTES = 40

/**
 * Read a table's rows, each under its key.
 *
 * @param breathe waits until others have had their turn: a large file takes seconds
 * @returns the rows, and bytes of memory that they take, roughly
 * @throws SluiceError 'config' that names the table and the row
 */
export async function readRows(
  { id, format, options: { key, schema } }: PipelineTable<unknown>,
  bytes: Buffer,
  breathe: () => Promise<void>,
): Promise<{ rows: ReadonlyMap<string, unknown>; held: number }> {
  const wrong = (what: string): SluiceError => new SluiceError('config', `the table ${id} ${what}`)
  if (!isUtf8(bytes)) throw wrong('is not UTF-8')
  const rows = new Map<string, unknown>()
  let number = 0
  let held = bytes.length
  try {
    for await (const row of READERS[format](bytes, key, breathe)) {
      const at = `row ${++number}`
      const name = keyOf(row, key, at)
      if (rows.has(name)) throw new Error(`${at} has the ${key} '${name}' of a row before it`)
      rows.set(name, schema ? shaped(row, schema, at) : texts(row, at))
      held += ROW_BYTES + COLUMN_BYTES * Object.keys(row).length
    }
  } catch (error) {
    throw wrong(`cannot be used: ${messageOf(error)}`)
  }
  // a file that is being written begins so
  if (rows.size === 0) throw wrong('has no rows')
  return { rows, held }
}

type Reader = (
  bytes: Buffer,
  key: string,
  breathe: () => Promise<void>,
) => AsyncIterable<Row> | Iterable<Row>

const READERS: Readonly<Record<PipelineTable<unknown>['format'], Reader>> = {
  csv(bytes, _, breathe) {
    const parser = parse({ columns: onceEach, bom: true, skip_empty_lines: true })
    pipeline(Readable.from(pieces(bytes, breathe)), parser, () => undefined)
    return parser as AsyncIterable<Row>
  },

  json(bytes, key) {
    const value = JSON.parse(textOf(bytes)) as unknown
    if (Array.isArray(value)) return value as Row[]
    return Object.entries(asRow(value, 'it')).map(([name, row]) =>
      named(asRow(row, `'${name}'`), key, name),
    )
  },

  *jsonl(bytes) {
    for (const line of textOf(bytes).split('\n')) if (line.trim() !== '') yield JSON.parse(line)
  },
}

async function* pieces(bytes: Buffer, breathe: () => Promise<void>): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += PIECE) {
    await breathe()
    yield bytes.subarray(from, from + PIECE)
  }
}

function onceEach(columns: string[]): string[] {
  const repeated = columns.find((column, index) => columns.indexOf(column) < index)
  if (repeated === undefined) return columns
  throw new Error(`it has the column ${repeated} twice: give one of them another name`)
}

/** A row with the name that it has in its object as its key. */
function named(row: Row, key: string, name: string): Row {
  if (!Object.hasOwn(row, key)) return { [key]: name, ...row }
  const own = row[key]
  if (own === name || (typeof own === 'number' && String(own) === name)) return row
  throw new Error(
    `'${name}' is the ${key} of a row that says the ${key} ${kindOf(own)}: make them alike, or give the table another key`,
  )
}

/** Without a byte order mark. */
const textOf = (bytes: Buffer): string => bytes.toString().replace(/^\uFEFF/, '')

function asRow(value: unknown, what: string): Row {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Row
  throw new Error(`${what} is no object`)
}

function keyOf(row: unknown, key: string, at: string): string {
  const value = asRow(row, at)[key]
  if (typeof value === 'number' || (typeof value === 'string' && value !== '')) return String(value)
  if (value !== undefined && value !== '') throw new Error(`${at}: ${key} is no text and no number`)
  const columns = Object.keys(row as Row).join(', ')
  throw new Error(`${at} has no ${key}, which it is looked up by; it has: ${columns}`)
}

function shaped<R>(row: Row, schema: StandardSchema<unknown, R>, at: string): R {
  const result = schema['~standard'].validate(row)
  if (result instanceof Promise) throw new Error('its schema has to answer at once')
  if (!result.issues) return result.value
  throw new Error(`${at}: ${result.issues.map(describe).join('; ')}`)
}

function texts(row: Row, at: string): Row {
  const other = Object.keys(row).find((column) => typeof row[column] !== 'string')
  if (other === undefined) return row
  throw new Error(`${at}: ${other} is no text: give the table a schema that says what its rows are`)
}
