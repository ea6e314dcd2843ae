import { jsonText } from '../../json-text.ts'
import type { Message } from '../../message.ts'
import { checkKnown } from '../../argument-check.ts'
import { checkInclude, type EnvelopeOptions, fieldOf } from './envelope.ts'
import { jsonOf } from './json-value.ts'

/** How the rows of a JSON format are written: the value, or an object with what is included and the value. */
export function jsonRow(
  format: string,
  options: EnvelopeOptions,
): (message: Message<unknown>) => string | Buffer {
  checkKnown(`${format}()`, options, { include: true })
  const { include = [] } = options
  checkInclude(format, include)
  if (include.length === 0) return jsonOf
  return (message) => {
    const fields = include.map((field) => `"${field}":${jsonText(fieldOf(message.record, field))},`)
    return `{${fields.join('')}"value":${jsonOf(message).toString()}}`
  }
}
