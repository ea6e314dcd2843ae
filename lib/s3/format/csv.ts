import type { Format } from './format.ts'
import { quotedLine } from './quoted-line.ts'
import { checkKnown } from '../../argument-check.ts'
import { table, TABLE_OPTIONS, type TableOptions } from './table.ts'

export interface CsvOptions<T> extends TableOptions<T> {
  /** What stands between two cells: one character. Default: `,`. */
  readonly delimiter?: string
  /** What stands around a cell that needs it, doubled inside: one character. Default: `"`. */
  readonly quote?: string
}

/**
 * Comma-separated values (RFC 4180), written by csv-stringify: cells are quoted where a delimiter, a quote or a line break is in them, and where they are
 * an empty text or read like `nullText`, so that null is never taken for a text. No header, unless asked for.
 *
 * @throws SluiceError 'config' for options that contradict each other, when it is built
 */
export function csv<T>(options: CsvOptions<T> = {}): Format<T> {
  checkKnown('csv()', options, { ...TABLE_OPTIONS, delimiter: true, quote: true })
  const { delimiter = ',', quote = '"' } = options
  const line = quotedLine('csv', { ...options, delimiter })
  const contentType = `text/csv${parameter('delimiter', delimiter, ',')}${parameter('quote', quote, '"')}`
  return table({ name: 'csv', extension: 'csv', contentType, line }, options)
}

/** Readers are told what is not as usual. */
const parameter = (name: string, said: string, usual: string): string =>
  said === usual ? '' : `; ${name}=${encodeURIComponent(said)}`
