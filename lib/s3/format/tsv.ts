import type { Format } from './format.ts'
import { quotedLine } from './quoted-line.ts'
import { checkKnown } from '../../argument-check.ts'
import { table, TABLE_OPTIONS, type TableOptions } from './table.ts'

/**
 * Tab-separated values. A backslash, a tab, a line feed and a carriage return in a text are `\\`, `\t`, `\n` and `\r`, so that every line is a row; quotes
 * are as in `csv`. No header, unless asked for.
 *
 * @throws SluiceError 'config' for options that contradict each other, when it is built
 */
export function tsv<T>(options: TableOptions<T> = {}): Format<T> {
  checkKnown('tsv()', options, TABLE_OPTIONS)
  const line = quotedLine('tsv', { ...options, delimiter: '\t' })
  const contentType = 'text/tab-separated-values'
  return table({ name: 'tsv', extension: 'tsv', contentType, escape, line }, options)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
}

const ESCAPED = /[\\\t\n\r]/

const escape = (text: string): string =>
  ESCAPED.test(text) ? text.replace(/[\\\t\n\r]/g, (one) => ESCAPES[one] as string) : text
