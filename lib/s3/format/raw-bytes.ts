import type { Format } from './format.ts'

export interface RawBytesOptions {
  /** What stands between two records, and nowhere else: a reader finds them apart only if no record holds it. Default: nothing. */
  readonly separator?: string
}

/** The bytes of the log's records, one after the other, whatever they are; or what operators have made of them, where that is text or bytes. */
export function rawBytes({ separator = '' }: RawBytesOptions = {}): Format<unknown> {
  return {
    extension: 'bin',
    contentType: 'application/octet-stream',
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
    'rawBytes() cannot write a value that an operator has made, unless it is text or bytes',
  )
}
