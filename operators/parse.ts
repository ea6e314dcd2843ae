import { SluiceError } from '../lib/errors.ts'
import { type Operator, operator } from '../lib/operator.ts'
import type { Integers } from './parse/json.ts'
import {
  bytesReader,
  jsonArrayReader,
  jsonReader,
  ndjsonReader,
  type Reader,
  textReader,
} from './parse/readers.ts'

interface SizeOptions {
  /** Most bytes of a value; a larger one is rejected unread. Without it there is no limit. */
  maxBytes?: number
}

export interface ParseOptions extends SizeOptions {
  /**
   * What a value holds: one JSON text (`json`), one on each line (`ndjson`), or an array of any size, of which each element is an event (`json-array`).
   * Default: `json`.
   */
  format?: 'json' | 'ndjson' | 'json-array'
  /**
   * What an integer beyond 2^53 becomes: the nearest number (`number`), or a bigint (`exact`); other numbers are numbers in any case. Default: `number`.
   */
  integers?: Integers
}

/** A value is one text in UTF-8, or bytes of any kind. */
export interface ParsePlainOptions<Format extends 'text' | 'bytes'> extends SizeOptions {
  format: Format
}

type Options = SizeOptions & { format?: string; integers?: string }

/**
 * Read values as JSON, of one event or of many; as text; or leave them as bytes. What is not JSON in valid UTF-8 is rejected, as are empty values and
 * tombstones; an empty text is a text. `T` is what the producer promises; nothing checks it before `validate` does. Tombstones that are no mistake are
 * dropped by `filter((bytes) => bytes !== null)` before it.
 *
 * A broken line of `ndjson` is rejected alone, with its number. Of a `json-array` that breaks, the whole elements before the break stay, and the
 * value is rejected for the rest, with the reason and the byte. A value without any line or element is dropped. As long as an event is passed on
 * unchanged, a sink may archive the bytes that it was read from: those of the value, or of the line; an element of an array is written anew.
 *
 * Holds, besides the value, one chunk of its events, and of a long array a piece of 64 KiB and one element. A restart or a duplicate means nothing to
 * it.
 *
 * @throws SluiceError 'config' for a format that it does not know, and for `integers` where there are none, when it is built
 */
export function parse(options: ParsePlainOptions<'text'>): Operator<Buffer | null, string>
export function parse(options: ParsePlainOptions<'bytes'>): Operator<Buffer | null, Buffer>
export function parse<T = unknown>(options?: ParseOptions): Operator<Buffer | null, T>
export function parse(options: Options = {}): Operator<Buffer | null, unknown> {
  const { maxBytes = Infinity } = options
  const newReader = readerOf(options)
  return operator('parse', () => {
    const read = newReader()
    return {
      message(message, out) {
        const bytes = message.value
        if (bytes === null) return out.reject(message, 'null value')
        if (bytes.length > maxBytes) return out.reject(message, tooLarge(bytes.length, maxBytes))
        return read(message, bytes, out)
      },
    }
  })
}

function readerOf({ format = 'json', integers }: Options): () => Reader {
  const exactly = integersOf(integers)
  switch (format) {
    case 'json':
      return () => jsonReader(exactly)
    case 'ndjson':
      return () => ndjsonReader(exactly)
    case 'json-array':
      return () => jsonArrayReader(exactly)
    case 'text':
    case 'bytes':
      if (integers !== undefined)
        throw new SluiceError(
          'config',
          `integers of parse is for JSON, and the format is ${format}: leave one of them out`,
        )
      return format === 'text' ? textReader : bytesReader
    default:
      throw new SluiceError(
        'config',
        `format of parse is json, ndjson, json-array, text or bytes, not ${format}`,
      )
  }
}

function integersOf(integers = 'number'): Integers {
  if (integers === 'number' || integers === 'exact') return integers
  throw new SluiceError('config', `integers of parse is number or exact, not ${integers}`)
}

const tooLarge = (bytes: number, most: number): string =>
  `too large: ${bytes} bytes, more than --max-record-bytes ${most}`
