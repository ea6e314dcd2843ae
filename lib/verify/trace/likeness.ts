import { compactJson, membersOf } from '../../json-tokens.ts'
import type { SourceRecord } from '../../message.ts'
import { type Row, valueOf } from './row-reader.ts'

type Fields = Readonly<Record<string, unknown>>

/** Which record a row says that it came from. */
export interface Origin {
  readonly offset: number
  /** The operator and the reason, of a row that was rejected. */
  readonly rejection?: { readonly operator: string; readonly reason: string }
}

/** Where a row came from by its own account: of a rejected event, or where the format includes the offset. */
export function originOf({ value, isCells }: Row): Origin | undefined {
  if (!isFields(value)) return undefined
  const { operator, reason, offset, pipeline } = value
  if (typeof operator === 'string' && typeof reason === 'string' && pipeline !== undefined)
    return { offset: Number(offset), rejection: { operator, reason } }
  if (isCells && value['_offset'] !== undefined) return { offset: Number(value['_offset']) }
  if (!isCells && typeof offset === 'number' && 'value' in value) return { offset }
  return undefined
}

/**
 * A text that is the same for a record and for the row that was made of it without changing its value; undefined for a row without columns.
 */
export function likenessOf(row: Row): string | undefined {
  const { value, isCells, text } = row
  if (value === undefined) return text
  if (!isCells) {
    const origin = originOf(row)
    // a row that includes the record's offset has the value inside
    if (origin && !origin.rejection) return JSON.stringify((value as Fields)['value'])
    return compactJson(text)
  }
  const columns = columnsOf(row)
  return columns.length === 0
    ? undefined
    : JSON.stringify(columns.map((name) => (value as Fields)[name]))
}

/** What the likeness of a row made of this record would be. */
export function likenessTo({ bytes }: SourceRecord, row: Row): string | undefined {
  const text = bytes?.toString() ?? 'null'
  const value = valueOf(text)
  if (value === undefined) return row.isCells ? undefined : text
  if (!row.isCells) return originOf(row) ? JSON.stringify(value) : compactJson(text)
  if (!isFields(value)) return undefined
  const members = membersOf(text)
  return JSON.stringify(columnsOf(row).map((name) => cellOf(members.get(name))))
}

/** Whether a row is what becomes of a record, if need be with fields that operators have added. */
export function isLike(row: Row, record: SourceRecord): boolean {
  const wanted = likenessTo(record, row)
  if (wanted !== undefined && likenessOf(row) === wanted) return true
  const value = record.bytes && valueOf(record.bytes.toString())
  if (row.isCells || !isFields(value) || !isFields(row.value)) return false
  const fields = Object.entries(value)
  const { value: made } = row
  return (
    fields.length > 0 &&
    fields.every(([name, field]) => JSON.stringify(made[name]) === JSON.stringify(field))
  )
}

/** Columns of the event, without those of the record itself. */
const columnsOf = ({ value }: Row): string[] =>
  Object.keys(value as Fields).filter((name) => !name.startsWith('_'))

/** A value of JSON as a cell: texts say what they say, the rest is as it is written. */
function cellOf(token = 'null'): string {
  if (token.startsWith('"')) return JSON.parse(token) as string
  return token === 'null' ? '' : compactJson(token)
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
