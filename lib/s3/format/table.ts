import { SluiceError } from '../../errors.ts'
import { type Cell, cellsOf, fieldCell, guarded, wellFormed, type Written } from './cells.ts'
import {
  type Column,
  type Columns,
  type ColumnSchema,
  columnsReader,
  statedColumns,
  strangerIn,
  widened,
} from './columns.ts'
import { checkInclude, dialectOf, type EnvelopeOptions, fieldOf } from './envelope.ts'
import type { Format } from './format.ts'

/** What formats of rows and columns have in common. Columns of the record (`include`) come first and are called `_key`, `_offset` and so on. */
export interface TableOptions<T> extends EnvelopeOptions {
  /**
   * The fields of an event that are columns, in this order: their names, or a schema that knows them (an object of zod, a JSON Schema with
   * `properties`). A missing one is null. Default: the fields of the first event of each object.
   */
  readonly columns?: readonly Column<T>[] | ColumnSchema<Column<T>>
  /**
   * What becomes of an event with a field that is no column: it is rejected; or the object is finished, and the next one has the column as well (`widen`,
   * which needs a header). Default: `reject`.
   */
  readonly drift?: 'reject' | 'widen'
  /** Whether objects begin with a line of their columns' names. Default: false. */
  readonly header?: boolean
  /** What ends a line: `'\n'` or `'\r\n'`. Default: `'\n'`. */
  readonly newline?: '\n' | '\r\n'
  /** What stands for null. Default: nothing. */
  readonly nullText?: string
  /**
   * Whether texts that a spreadsheet would take for a formula (they begin with `=`, `+`, `-`, `@`, a tab or a carriage return) get an apostrophe before them.
   * Numbers never do. Default: false.
   */
  readonly guardFormulas?: boolean
}

/** Options of every format of rows and columns. */
export const TABLE_OPTIONS: Readonly<Record<keyof TableOptions<unknown>, true>> = {
  include: true,
  columns: true,
  drift: true,
  header: true,
  newline: true,
  nullText: true,
  guardFormulas: true,
}

/** What tells one format of rows and columns from another. */
export interface TableKind {
  readonly name: string
  readonly extension: string
  readonly contentType: string
  /** What becomes of every text on its way into a cell. Nothing, unless said otherwise. */
  readonly escape?: (text: string) => string
  readonly line: (cells: readonly Cell[]) => string
}

/**
 * A format of rows and columns. What the rows of an object share are the names of its columns, as a list in JSON.
 *
 * @throws SluiceError 'config' for options that contradict each other, when it is built
 */
export function table<T>(
  { name, extension, contentType, escape = (text) => text, line }: TableKind,
  options: TableOptions<T>,
): Format<T> {
  const { header = false, newline = '\n', include = [], drift } = options
  const { guardFormulas = false, nullText = '' } = options
  const stated = statedColumns(name, options.columns as readonly string[] | undefined)
  const extra = include.map((field) => `_${field}`)
  check(name, options, stated, extra)
  const read = columnsReader()
  const written: Written = {
    text: (value) => escape(wellFormed(guardFormulas ? guarded(value) : value)),
    json: escape,
  }
  return {
    extension,
    contentType: `${contentType}; charset=utf-8; header=${header ? 'present' : 'absent'}`,
    separator: newline,
    footer: newline,
    dialect: JSON.stringify([dialectOf(options), nullText, guardFormulas]),
    header: (schema) =>
      header ? line([...extra, ...read(schema).names].map(written.text)) + newline : '',
    schema({ value }, open) {
      const event = eventIn(value, name)
      const known = stated && drift !== 'widen' ? stated : knownColumns(stated, open, read)
      if (known && (event === null || drift !== 'widen')) return known.schema
      if (event) return widened(known, event).schema
      throw new TypeError(
        `${name}() knows no columns for a tombstone that begins an object: state columns`,
      )
    },
    row(message, schema) {
      const columns = read(schema)
      const problem = problemWith(eventIn(message.value, name), columns, extra)
      if (problem !== undefined) throw new TypeError(`${name}() cannot write ${problem}`)
      const cells = cellsOf(message, columns.names, written)
      if (include.length === 0) return line(cells)
      return line([
        ...include.map((field) => fieldCell(fieldOf(message.record, field), written)),
        ...cells,
      ])
    },
  }
}

function check<T>(
  name: string,
  { drift = 'reject', header = false, newline = '\n', include = [] }: TableOptions<T>,
  stated: Columns | undefined,
  extra: readonly string[],
): void {
  const refuse = (problem: string): never => {
    throw new SluiceError('config', problem)
  }
  checkInclude(name, include)
  if (newline !== '\n' && newline !== '\r\n')
    refuse(`newline of ${name} is '\\n' or '\\r\\n', not ${JSON.stringify(newline)}`)
  if (drift !== 'reject' && drift !== 'widen')
    refuse(`drift of ${name} is reject or widen, not ${String(drift)}`)
  if (drift === 'widen' && !header)
    refuse(
      `drift: 'widen' of ${name} changes the columns from object to object, and without a header nobody knows them: say header: true, or drift: 'reject'`,
    )
  const taken = extra.find((column) => stated?.has(column))
  if (taken !== undefined)
    refuse(
      `columns of ${name} has ${taken}, which is what include calls the record's own: take it out of one of them`,
    )
}

/** The columns that a new row has to fit: those of the open object, unless others have been stated since it began. */
function knownColumns(
  stated: Columns | undefined,
  open: string | undefined,
  read: (schema: string) => Columns,
): Columns | undefined {
  if (open === undefined) return stated
  const columns = read(open)
  return stated?.names.some((name, index) => columns.names[index] !== name) ? stated : columns
}

/** @throws TypeError for what has no fields */
function eventIn(value: unknown, name: string): object | null {
  if (value === null) return null
  if (typeof value === 'object' && !Array.isArray(value) && !ArrayBuffer.isView(value)) return value
  throw new TypeError(
    ArrayBuffer.isView(value)
      ? `${name}() writes the fields of events, and these are bytes: put parse() before the sink`
      : `${name}() writes the fields of events, and this is ${Array.isArray(value) ? 'a list' : `a ${typeof value}`}`,
  )
}

function problemWith(
  event: object | null,
  columns: Columns,
  extra: readonly string[],
): string | undefined {
  if (columns.names.length === 0) return 'an event without a field'
  const taken = extra.find((name) => columns.has(name))
  if (taken !== undefined)
    return `the field ${taken} of an event beside the record's own column of that name`
  const stranger = event ? strangerIn(event, columns) : undefined
  return stranger === undefined ? undefined : `the field ${stranger}, which is no column`
}
