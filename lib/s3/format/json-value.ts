import { isUtf8 } from 'node:buffer'
import { messageOf } from '../../errors.ts'
import { jsonText } from '../../json-text.ts'
import type { Message } from '../../message.ts'

/**
 * The JSON of a message's value: the bytes that it came with where no operator has changed it.
 *
 * @throws TypeError for a value without a JSON text, and for bytes that nobody has parsed and that are none
 */
export function jsonOf({ verbatim, record, value }: Message<unknown>): string | Buffer {
  const bytes = verbatim ? record.bytes : null
  if (bytes === null) return jsonText(value)
  if (Buffer.isBuffer(value)) checkJson(bytes)
  return bytes
}

function checkJson(bytes: Buffer): void {
  try {
    if (!isUtf8(bytes)) throw new TypeError('invalid UTF-8')
    JSON.parse(bytes.toString())
  } catch (error) {
    throw new TypeError(`its bytes are no JSON: ${messageOf(error)}`, { cause: error })
  }
}
