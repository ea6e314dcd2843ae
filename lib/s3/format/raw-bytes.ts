import type { Format } from './format.ts'

export interface RawBytesOptions {
  /** What stands between two records, and nowhere else: a reader finds them apart only if no record holds it. Default: nothing. */
  readonly separator?: string
}

/** The bytes of the log's records, one after the other, whatever they are. */
export function rawBytes({ separator = '' }: RawBytesOptions = {}): Format<unknown> {
  return {
    extension: 'bin',
    contentType: 'application/octet-stream',
    header: '',
    separator,
    footer: '',
    row({ verbatim, record: { bytes } }) {
      if (!verbatim)
        throw new TypeError('rawBytes() cannot write a value that an operator has made')
      if (bytes === null) throw new TypeError('rawBytes() cannot write a record without a value')
      return bytes
    },
  }
}
