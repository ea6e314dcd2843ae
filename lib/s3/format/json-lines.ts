import { compactJson } from '../../json-tokens.ts'
import { dialectOf, type EnvelopeOptions } from './envelope.ts'
import type { Format } from './format.ts'
import { jsonRow } from './json-row.ts'

const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/**
 * One JSON text a line. A value that no operator has changed keeps the bytes it came with; where they hold a line break, its tokens, without the space
 * between them. A tombstone is `null`.
 *
 * @throws SluiceError 'config' for a field of the record that there is not, when it is built
 */
export function jsonLines(options: EnvelopeOptions = {}): Format<unknown> {
  const rowOf = jsonRow('jsonLines', options)
  return {
    extension: 'jsonl',
    contentType: 'application/x-ndjson',
    header: () => '',
    separator: '\n',
    footer: '\n',
    dialect: dialectOf(options),
    row(message) {
      const row = rowOf(message)
      return isOneLine(row) ? row : compactJson(row.toString())
    },
  }
}

const isOneLine = (row: string | Buffer): boolean =>
  typeof row === 'string'
    ? !row.includes('\n') && !row.includes('\r')
    : !row.includes(LINE_FEED) && !row.includes(CARRIAGE_RETURN)
