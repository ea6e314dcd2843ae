import { isUtf8 } from 'node:buffer'
import { SluiceError } from '../../errors.ts'
import type { SourceRecord } from '../../message.ts'

const FIELDS = ['key', 'headers', 'topic', 'partition', 'offset', 'timestamp'] as const

/** What of a record can stand in the row of its value. */
export type RecordField = (typeof FIELDS)[number]

export interface EnvelopeOptions {
  /**
   * What else of the record is in the row, in this order: any of `key`, `headers`, `topic`, `partition`, `offset` and `timestamp`. Keys and values of headers
   * are text, or `base64:` and base64 where they are not UTF-8 (or begin so); a header that is there several times is a list; what a result that comes from
   * no record does not have is null. Default: nothing.
   */
  readonly include?: readonly RecordField[]
}

/** @throws SluiceError 'config' for a field that there is not, or that is named twice */
export function checkInclude(format: string, include: readonly string[]): void {
  for (const [index, field] of include.entries()) {
    if (!(FIELDS as readonly string[]).includes(field))
      throw new SluiceError(
        'config',
        `include of ${format} takes ${FIELDS.join(', ')}, not ${field}`,
      )
    if (include.indexOf(field) < index)
      throw new SluiceError('config', `include of ${format} names ${field} twice`)
  }
}

/** What tells rows with these fields from others. */
export const dialectOf = ({ include = [] }: EnvelopeOptions): string => include.join()

/** A field of a record, as JSON can say it. */
export function fieldOf(record: SourceRecord, field: RecordField): unknown {
  switch (field) {
    case 'key':
      return record.key && textOf(record.key)
    case 'headers':
      return headersOf(record)
    case 'timestamp':
      return record.timestamp < 0 ? null : record.timestamp
    default:
      return record.offset < 0 ? null : record[field]
  }
}

const headersOf = ({ headers = {} }: SourceRecord): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Buffer.isBuffer(value) ? textOf(value) : (value as readonly Buffer[]).map(textOf),
    ]),
  )

const BASE64 = 'base64:'

/** One to one: bytes that begin like an encoded text are encoded too. */
function textOf(bytes: Buffer): string {
  const text = isUtf8(bytes) ? bytes.toString() : undefined
  return text === undefined || text.startsWith(BASE64) ? BASE64 + bytes.toString('base64') : text
}
