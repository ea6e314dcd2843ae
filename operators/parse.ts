import { checkKnown } from '../lib/argument-check.ts'
import { SluiceError } from '../lib/errors.ts'
import type { Integers } from '../lib/json-integers.ts'
import { type Operator, operator, type Out } from '../lib/operator.ts'
import { connectJsonReader } from './parse/connect-json.ts'
import {
  bytesReader,
  jsonArrayReader,
  jsonReader,
  ndjsonReader,
  type Reader,
  takeTombstone,
  textReader,
  type Tombstones,
} from './parse/readers.ts'

interface ValueOptions {
  /** Most bytes of a value; a larger one is rejected unread. Without it there is no limit. */
  maxBytes?: number
  /**
   * What becomes of a record whose value is null: `reject` sets it aside, `drop` leaves it out and counts it, `keep` passes null on. Default: `reject`.
   */
  tombstones?: Tombstones
}

/** For formats of which a value is one event. */
interface Lenient {
  /**
   * What becomes of a value that is not what `format` says: `reject` sets it aside, `drop` leaves it out and counts it, where a value is one event. Default: `reject`.
   */
  onInvalid?: 'reject' | 'drop'
}

export interface ParseOptions extends ValueOptions, Lenient {
  /**
   * What a value holds: one JSON text (`json`), one on each line (`ndjson`), or an array of any size, of which each element is an event (`json-array`);
   * or the payload beside its schema that Kafka Connect writes with `schemas.enable` (`connect-json`). Default: `json`.
   */
  format?: 'json' | 'ndjson' | 'json-array' | 'connect-json'
  /**
   * What an integer beyond 2^53 becomes: the nearest number (`number`), or a bigint (`exact`); other numbers are numbers in any case. Default: `number`.
   */
  integers?: Integers
}

/** A value is one text in UTF-8, or bytes of any kind. */
export interface ParsePlainOptions<Format extends 'text' | 'bytes'> extends ValueOptions, Lenient {
  format: Format
}

type Options = ValueOptions & { format?: string; integers?: string; onInvalid?: string }

const KNOWN: Readonly<Record<keyof Options, true>> = {
  format: true,
  integers: true,
  maxBytes: true,
  onInvalid: true,
  tombstones: true,
}

/** Null is an event, too. */
interface Keeping {
  tombstones: 'keep'
}

/**
 * Read values as JSON, of one event or of many; as text; or leave them as bytes. What is not JSON in valid UTF-8 is, unless said otherwise,
 * rejected, as are empty values and tombstones; an empty text is a text. `T` is what the producer promises; nothing checks it before `validate` does.
 *
 * A broken line of `ndjson` is rejected alone, with its number. Of a `json-array` that breaks, the whole elements before the break stay, and the
 * value is rejected for the rest, with the reason and the byte. A value without any line or element is dropped. Of `connect-json` the event is the
 * payload as it stands in its JSON; a value without schema or payload, or with more than these, is rejected, and a null payload is a tombstone.
 *
 * As long as an event is passed on unchanged, a sink may archive the bytes that it was read from: those of the value, of the line or of the payload; an
 * element of an array is written anew.
 *
 * Holds, besides the value, one chunk of its events, and of a long array a piece of 64 KiB and one element. A restart or a duplicate means nothing to
 * it.
 *
 * @throws SluiceError 'config' for a format that it does not know, and for options that it does not have, when it is built
 */
export function parse(
  options: ParsePlainOptions<'text'> & Keeping,
): Operator<Buffer | null, string | null>
export function parse(
  options: ParsePlainOptions<'bytes'> & Keeping,
): Operator<Buffer | null, Buffer | null>
export function parse<T = unknown>(
  options: ParseOptions & Keeping,
): Operator<Buffer | null, T | null>
export function parse(options: ParsePlainOptions<'text'>): Operator<Buffer | null, string>
export function parse(options: ParsePlainOptions<'bytes'>): Operator<Buffer | null, Buffer>
export function parse<T = unknown>(options?: ParseOptions): Operator<Buffer | null, T>
export function parse(options: Options = {}): Operator<Buffer | null, unknown> {
  checkKnown('parse', options, KNOWN)
  const { maxBytes = Infinity, tombstones = 'reject' } = options
  if (!['reject', 'keep', 'drop'].includes(tombstones))
    throw new SluiceError(
      'config',
      `tombstones of parse is reject, keep or drop, not ${String(tombstones)}`,
    )
  if (maxBytes !== Infinity && !(Number.isSafeInteger(maxBytes) && maxBytes > 0))
    throw new SluiceError(
      'config',
      `maxBytes of parse is a number of bytes above 0, not ${maxBytes}`,
    )
  const refuse = refusalOf(options)
  const newReader = readerOf(options, tombstones)
  return operator('parse', () => {
    const read = newReader()
    return {
      message(message, out) {
        const bytes = message.value
        if (bytes === null) return takeTombstone(tombstones, message, out)
        const to = refuse(out)
        if (bytes.length > maxBytes) return to.reject(message, tooLarge(bytes.length, maxBytes))
        return read(message, bytes, to)
      },
    }
  })
}

/** Where a reader sends what it makes of a value, and what it refuses. */
function refusalOf({
  onInvalid = 'reject',
  format = 'json',
}: Options): (out: Out<unknown>) => Out<unknown> {
  if (onInvalid === 'reject') return (out) => out
  if (onInvalid !== 'drop')
    throw new SluiceError('config', `onInvalid of parse is reject or drop, not ${onInvalid}`)
  if (format === 'ndjson' || format === 'json-array')
    throw new SluiceError(
      'config',
      `onInvalid: 'drop' of parse counts values, and of format '${format}' part of a value may be invalid: leave onInvalid out`,
    )
  return (out) => ({
    emit: (message) => out.emit(message),
    reject: () => undefined,
    advance: (time) => out.advance(time),
  })
}

function readerOf({ format = 'json', integers }: Options, tombstones: Tombstones): () => Reader {
  const exactly = integersOf(integers)
  switch (format) {
    case 'json':
      return () => jsonReader(exactly)
    case 'ndjson':
      return () => ndjsonReader(exactly)
    case 'json-array':
      return () => jsonArrayReader(exactly)
    case 'connect-json':
      return () => connectJsonReader(exactly, tombstones)
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
        `format of parse is json, ndjson, json-array, connect-json, text or bytes, not ${format}`,
      )
  }
}

function integersOf(integers = 'number'): Integers {
  if (integers === 'number' || integers === 'exact') return integers
  throw new SluiceError('config', `integers of parse is number or exact, not ${integers}`)
}

const tooLarge = (bytes: number, most: number): string =>
  `too large: ${bytes} bytes, more than the ${most} of maxBytes`
