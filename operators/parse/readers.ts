import { isUtf8 } from 'node:buffer'
import { messageOf } from '../../lib/errors.ts'
import { type Integers, readJson } from '../../lib/json-integers.ts'
import { CHUNK_BYTES, CHUNK_MESSAGES, type Message, withValue } from '../../lib/message.ts'
import type { Out } from '../../lib/operator.ts'
import { Parts } from '../../lib/part.ts'
import { elementsOf } from './json-array.ts'
import { linesOf } from './ndjson.ts'

/** How the reasons of rejected values begin. */
const NULL_VALUE = 'null value'
const EMPTY_VALUE = 'empty value'
const INVALID_UTF8 = 'invalid UTF-8'
export const MALFORMED_JSON = 'malformed JSON'

/** Makes events of the bytes of a value: at once, or step by step. */
export type Reader = (
  message: Message<unknown>,
  bytes: Buffer,
  out: Out<unknown>,
) => void | Iterable<unknown>

/** What becomes of a record without a value. */
export type Tombstones = 'reject' | 'keep' | 'drop'

/** A tombstone stays one: its value is null, and so are its bytes. */
export function takeTombstone(
  tombstones: Tombstones,
  message: Message<unknown>,
  out: Out<unknown>,
): void {
  if (tombstones === 'reject') out.reject(message, NULL_VALUE)
  else if (tombstones === 'keep') out.emit(withValue(message, null))
}

/** Whether a byte order mark comes first. Asked of every value: a slice of three bytes would cost more than all the rest of it. */
const isMarked = (bytes: Buffer): boolean =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf

export const unmarked = (bytes: Buffer): Buffer => (isMarked(bytes) ? bytes.subarray(3) : bytes)

export const bytesReader = (): Reader => (message, _, out) => out.emit(message)

/** Not verbatim: the bytes of a text are not JSON. */
export const textReader = (): Reader => (message, bytes, out) =>
  isUtf8(bytes)
    ? out.emit(withValue(message, unmarked(bytes).toString()))
    : out.reject(message, INVALID_UTF8)

export const jsonReader =
  (integers: Integers): Reader =>
  (message, bytes, out) => {
    const problem = problemWith(bytes)
    if (problem !== undefined) return out.reject(message, problem)
    const marked = isMarked(bytes)
    let value: unknown
    try {
      value = readJson((marked ? bytes.subarray(3) : bytes).toString(), integers)
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
  }

export function ndjsonReader(integers: Integers): Reader {
  const parts = new Parts()
  return function* (message, body, out) {
    if (body.length === 0) return out.reject(message, EMPTY_VALUE)
    let read = 0
    let bytes = 0
    for (const line of linesOf(unmarked(body))) {
      readLine(line, integers, message, parts, out)
      bytes += line.bytes.length
      if (++read < CHUNK_MESSAGES && bytes < CHUNK_BYTES) continue
      yield
      read = bytes = 0
    }
  }
}

function readLine(
  { number, bytes }: { readonly number: number; readonly bytes: Buffer },
  integers: Integers,
  message: Message<unknown>,
  parts: Parts,
  out: Out<unknown>,
): void {
  const reject = (reason: string): void => out.reject(parts.of(message, bytes, bytes), reason)
  if (!isUtf8(bytes)) return reject(`${INVALID_UTF8}: line ${number}`)
  let value: unknown
  try {
    value = readJson(bytes.toString(), integers)
  } catch (error) {
    return reject(`${MALFORMED_JSON}: line ${number}: ${messageOf(error)}`)
  }
  out.emit(parts.of(message, value, bytes))
}

export function jsonArrayReader(integers: Integers): Reader {
  const parts = new Parts()
  return function* (message, body, out) {
    const problem = problemWith(body)
    if (problem !== undefined) return out.reject(message, problem)
    let read = 0
    try {
      for (const elements of elementsOf(unmarked(body), integers)) {
        for (const element of elements) {
          out.emit(parts.of(message, element))
          if (++read % CHUNK_MESSAGES === 0) yield
        }
        if (body.length > CHUNK_BYTES) yield
      }
    } catch (error) {
      const after = read === 0 ? '' : `, after ${read} elements`
      out.reject(parts.of(message, message.value), `${MALFORMED_JSON}: ${messageOf(error)}${after}`)
    }
  }
}

export const problemWith = (bytes: Buffer): string | undefined => {
  if (bytes.length === 0) return EMPTY_VALUE
  return isUtf8(bytes) ? undefined : INVALID_UTF8
}
