import { SluiceError } from '../../errors.ts'
import { checkKnown } from '../../argument-check.ts'
import type { Format } from './format.ts'

export interface RawBytesOptions {
  /** What stands between two records, and nowhere else: a reader finds them apart only if no record holds it. Default: nothing. */
  readonly separator?: string
  /** The end of an object's name, without a dot before it. Default: `bin`. */
  readonly extension?: string
}

/**
 * The bytes of the log's records, one after the other, whatever they are; or what operators have made of them, where that is text or bytes. A tombstone
 * has none and is rejected.
 *
 * @throws SluiceError 'config' for an extension that cannot end a name, when it is built
 */
export function rawBytes(options: RawBytesOptions = {}): Format<unknown> {
  checkKnown('rawBytes()', options, { separator: true, extension: true })
  const { separator = '', extension = 'bin' } = options
  if (!/^[^\s./][^\s/]*$/.test(extension))
    throw new SluiceError(
      'config',
      `extension of rawBytes is the end of a name without the dot before it, such as 'bin' or 'log', not '${extension}'`,
    )
  return {
    extension,
    contentType: `application/octet-stream${separator && `; separator=${encodeURIComponent(separator)}`}`,
    header: () => '',
    separator,
    footer: '',
    row({ verbatim, record, value }) {
      if (!verbatim) return textOrBytes(value)
      const { bytes } = record
      if (bytes === null) throw new TypeError('rawBytes() cannot write a record without a value')
      return bytes
    },
  }
}

function textOrBytes(value: unknown): string | Buffer {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value
  throw new TypeError(
    value === null
      ? 'rawBytes() cannot write a record without a value'
      : 'rawBytes() cannot write a value that an operator has made, unless it is text or bytes',
  )
}
