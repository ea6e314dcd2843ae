import type { Format } from './format.ts'
import { jsonText } from '../../json-text.ts'

/** One JSON array, an element a row. A value that no operator has changed keeps the bytes it came with. */
export function jsonArray(): Format<unknown> {
  return {
    extension: 'json',
    contentType: 'application/json',
    header: '[\n',
    separator: ',\n',
    footer: '\n]\n',
    row: ({ verbatim, record: { bytes }, value }) =>
      verbatim && bytes !== null ? bytes : jsonText(value),
  }
}
