import { dialectOf, type EnvelopeOptions } from './envelope.ts'
import type { Format } from './format.ts'
import { jsonRow } from './json-row.ts'

/**
 * One JSON array, an element a row. A value that no operator has changed keeps the bytes it came with, a tombstone is `null`.
 *
 * @throws SluiceError 'config' for a field of the record that there is not, when it is built
 */
export function jsonArray(options: EnvelopeOptions = {}): Format<unknown> {
  return {
    extension: 'json',
    contentType: 'application/json',
    header: () => '[\n',
    separator: ',\n',
    footer: '\n]\n',
    dialect: dialectOf(options),
    row: jsonRow('jsonArray', options),
  }
}
