import { jsonText } from '../../json-text.ts'
import type { Message } from '../../message.ts'
import type { Format } from './format.ts'

const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/** One JSON text a line. A value that no operator has changed keeps the bytes it came with, unless they hold a line break. */
export function jsonLines(): Format<unknown> {
  return {
    extension: 'jsonl',
    contentType: 'application/x-ndjson',
    header: () => '',
    separator: '\n',
    footer: '\n',
    row({ verbatim, record, value }: Message<unknown>) {
      const bytes = verbatim ? record.bytes : null
      return bytes !== null && isOneLine(bytes) ? bytes : jsonText(value)
    },
  }
}

const isOneLine = (bytes: Buffer): boolean =>
  !bytes.includes(LINE_FEED) && !bytes.includes(CARRIAGE_RETURN)
