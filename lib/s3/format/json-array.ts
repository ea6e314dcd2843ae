import { jsonText } from '../../json-text.ts'
import type { Format } from './format.ts'

/** One JSON array, an element a row. A value that no operator has changed keeps the bytes it came with. */
export function jsonArray(): Format<unknown> {
  return {
    extension: 'json',
    contentType: 'application/json',
    header: () => '[\n',
    separator: ',\n',
    footer: '\n]\n',
    row: ({ verbatim, record, value }) => (verbatim ? record.bytes : null) ?? jsonText(value),
  }
}
