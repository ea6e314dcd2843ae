import { type CastingContext, parse as parseCsv } from 'csv-parse/sync'
import { csv, jsonArray, jsonLines, rawBytes, tsv } from '../../../lib/index.ts'
import type { Format } from '../../../lib/s3/format/format.ts'
import type { Event } from './events.ts'

/** What a row says: every field as a text, or null. */
export type Row = Readonly<Record<string, string | null>>

/** A format, and how to read it back without ours. */
export interface Writing {
  readonly format: () => Format<Event>
  readonly read: (text: string) => Row[]
  /** What the rows of JSON say beside the event. */
  readonly record?: boolean
}

const SEPARATOR = '\u001e'
const COLUMNS = ['id', 'at', 'country', 'note', 'big', 'price'] as const

/** Every value as it is written: numbers beyond 2^53 too. */
const fieldsOf = (json: string): Row =>
  JSON.parse(json, (name, value: unknown, context?: { source?: string }) => {
    if (name === '' || value === null) return value
    return typeof value === 'object' || typeof value === 'string' ? value : context?.source
  }) as Row

const lines = (text: string): string[] => text.split('\n').slice(0, -1)

const cast = (text: string, { quoting }: CastingContext): string | null =>
  text === '' && !quoting ? null : text

const withColumns = (cells: (string | null)[][], columns: readonly string[]): Row[] =>
  cells.map((row) => Object.fromEntries(row.map((cell, index) => [columns[index], cell])))

const unescaped = (cell: string | null): string | null =>
  cell &&
  cell.replace(/\\(.)/g, (_, letter: string) => ({ t: '\t', n: '\n', r: '\r' })[letter] ?? letter)

export const writings: Readonly<Record<string, Writing>> = {
  'JSON lines': { format: () => jsonLines(), read: (text) => lines(text).map(fieldsOf) },
  'a JSON array': {
    format: () => jsonArray(),
    read: (text) =>
      // an element a row: taken apart as text, since a number is more than JSON.parse makes of it
      text
        .slice('[\n'.length, -'\n]\n'.length)
        .split(/,\n(?=\{)/)
        .map(fieldsOf),
  },
  'JSON lines with the record': {
    format: () => jsonLines({ include: ['key', 'topic', 'partition', 'offset'] }),
    record: true,
    read: (text) =>
      lines(text).map((line) => {
        const { value, ...record } = fieldsOf(line) as unknown as { value: Row } & Row
        return { ...value, ...record }
      }),
  },
  'raw bytes': {
    format: () => rawBytes({ separator: SEPARATOR }),
    read: (text) => text.split(SEPARATOR).map(fieldsOf),
  },
  'CSV with a header': {
    format: () => csv({ header: true, drift: 'widen', newline: '\r\n' }),
    read(text) {
      const [columns = [], ...rows] = parseCsv(text, { cast, record_delimiter: '\r\n' })
      return withColumns(rows as (string | null)[][], columns as string[])
    },
  },
  'TSV without': {
    format: () => tsv({ columns: COLUMNS, nullText: 'NULL' }),
    read: (text) =>
      withColumns(
        (
          parseCsv(text, {
            delimiter: '\t',
            cast: (cell, { quoting }) => (cell === 'NULL' && !quoting ? null : cell),
          }) as (string | null)[][]
        ).map((row) => row.map(unescaped)),
        COLUMNS,
      ),
  },
}

/** What every row of an event has to say; a field that is not there is null in rows of columns. */
export const rowOf = ({ id, at, country = null, note, big, price }: Event): Row => ({
  id: String(id),
  at: String(at),
  country,
  note,
  big: String(big),
  price: String(price),
})
