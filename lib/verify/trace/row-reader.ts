import { parse } from 'csv-parse/sync'
import { framingOf, mediaTypeOf } from '../framing.ts'
import { type ObjectForm as RowForm, RowReader } from '../rows.ts'
import { unpacked } from '../unpack.ts'

/** A row of an object. */
export interface Row {
  /** As it stands there. */
  readonly text: string
  /** What it says: of JSON its value, of rows of columns their cells by name; undefined where it says nothing that can be understood. */
  readonly value: unknown
  /** Cells are texts, whatever they were before. */
  readonly isCells: boolean
  /** Where it begins and ends, in bytes; in a compressed object, of what it is unpacked. */
  readonly from: number
  readonly to: number
}

/** What has to be known of an object to read its rows. */
export type ObjectForm = RowForm & { readonly schema?: string }

/** Whether rows of such objects can be told apart. */
export const hasRows = ({ contentType }: Pick<ObjectForm, 'contentType'>): boolean =>
  framingOf(contentType) !== undefined

/** Whether the rows that were found are those that were written: what stands between them may stand in them too. */
export const areRows = (
  { contentType }: Pick<ObjectForm, 'contentType'>,
  found: number,
  written: number,
): boolean => {
  const framing = framingOf(contentType)
  return framing !== undefined && (framing.isSure || found === written)
}

/**
 * The rows of an object in their order, a header left out. Holds the rows of one piece of what is read.
 *
 * @throws Error when its bytes cannot be unpacked, or are no rows
 */
export async function* readRows(
  chunks: AsyncIterable<Buffer>,
  object: ObjectForm,
): AsyncGenerator<Row> {
  const reader = new RowReader(object.contentType)
  const cells = cellReader(object, reader)
  const take = (rows: readonly Buffer[]): Row[] => {
    const values = cells?.(rows.map(String))
    return rows.map((row, at) => {
      const [from, text] = [reader.startOf(row), row.toString()]
      const value = values ? values[at] : valueOf(text)
      return { text, value, isCells: values !== undefined, from, to: from + row.length }
    })
  }
  for await (const chunk of unpacked(chunks, object)) yield* take(reader.push(chunk))
  yield* take(reader.end())
}

export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type Cells = Readonly<Record<string, string>>

/** What makes lines of columns into cells by name; undefined for rows that have no columns. */
function cellReader(
  { contentType, schema = '' }: ObjectForm,
  reader: RowReader,
): ((lines: readonly string[]) => readonly Cells[]) | undefined {
  const { type, said } = mediaTypeOf(contentType)
  const isTabbed = type === 'text/tab-separated-values'
  if (!isTabbed && type !== 'text/csv') return undefined
  const options = {
    delimiter: said.get('delimiter') ?? (isTabbed ? '\t' : ','),
    quote: said.get('quote') ?? '"',
    escape: said.get('quote') ?? '"',
    record_delimiter: '\n',
    relax_column_count: true,
    relax_quotes: true,
  }
  const known = valueOf(schema)
  const columns = Array.isArray(known) ? known.map(String) : []
  const cellsIn = (text: string): string[][] => {
    const found = parse(text, options) as unknown as string[][]
    return isTabbed ? found.map((cells) => cells.map(unescaped)) : found
  }
  const names = (): readonly string[] =>
    reader.header ? (cellsIn(reader.header.toString())[0] ?? []) : columns
  return (lines) => {
    const all = cellsIn(lines.join('\n'))
    // a line that was altered may swallow those behind it
    const each = all.length === lines.length ? all : lines.map((line) => cellsIn(line)[0] ?? [''])
    return each.map((cells) => named(cells, names()))
  }
}

/** Columns of the record itself come first, and only a header names them. */
function named(cells: readonly string[], names: readonly string[]): Cells {
  const extra = Math.max(0, cells.length - names.length)
  return Object.fromEntries(cells.slice(extra).map((cell, at) => [names[at] ?? `_${at}`, cell]))
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\' }

const unescaped = (cell: string): string =>
  cell.replace(/\\([tnr\\])/g, (_, letter: string) => ESCAPES[letter] as string)
