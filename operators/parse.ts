import { isUtf8 } from 'node:buffer'
import { messageOf } from '../lib/errors.ts'
import { type Operator, operator } from '../lib/operator.ts'

export interface ParseOptions {
  /** Most bytes of a value; a larger one is rejected unread. Without it there is no limit. */
  maxBytes?: number
}

/** How the reasons of rejected values begin. */
export const TOO_LARGE = 'too large'
export const NULL_VALUE = 'null value'
export const EMPTY_VALUE = 'empty value'
export const INVALID_UTF8 = 'invalid UTF-8'
export const MALFORMED_JSON = 'malformed JSON'

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Read bytes as JSON. What is not JSON in valid UTF-8 is rejected, as are empty values and tombstones. `T` is what the producer promises; nothing
 * checks it before `validate` does. As long as the value is passed on unchanged, a sink may archive the record's own bytes.
 *
 * Holds nothing; a restart or a duplicate means nothing to it.
 */
export function parse<T = unknown>({ maxBytes = Infinity }: ParseOptions = {}): Operator<
  Buffer | null,
  T
> {
  return operator('parse', () => ({
    message(message, out) {
      const bytes = message.value
      const problem = problemWith(bytes, maxBytes)
      if (problem !== undefined || bytes === null) return out.reject(message, problem ?? NULL_VALUE)
      const marked = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)
      let value: T
      try {
        value = JSON.parse((marked ? bytes.subarray(3) : bytes).toString()) as T
      } catch (error) {
        return out.reject(message, `${MALFORMED_JSON}: ${messageOf(error)}`)
      }
      out.emit({
        value,
        time: message.time,
        watermark: message.watermark,
        record: message.record,
        index: message.index,
        verbatim: bytes === message.record.bytes && !marked,
      })
    },
  }))
}

function problemWith(bytes: Buffer | null, maxBytes: number): string | undefined {
  if (bytes === null) return NULL_VALUE
  if (bytes.length === 0) return EMPTY_VALUE
  if (bytes.length > maxBytes)
    return `${TOO_LARGE}: ${bytes.length} bytes, more than --max-record-bytes ${maxBytes}`
  return isUtf8(bytes) ? undefined : INVALID_UTF8
}
