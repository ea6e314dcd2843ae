import { messageOf } from '../errors.ts'
import type { NewRecord } from '../ports.ts'
import type { Line } from './lines.ts'
import { formatBytes } from './text.ts'

/** What a line of JSON is to become. */
export interface LineOptions {
  /** Field whose value is the record's key, dotted where it lies deeper: `customer.id`. Without it records have no key. */
  readonly key?: string | undefined
  /** Most bytes of a line; longer ones come without their bytes. */
  readonly most: number
}

/** What a line was read as. */
export interface Reading {
  /** The record; of a bad line, with its bytes as they are, and no key; undefined where there are none. */
  readonly record: NewRecord | undefined
  /** What is wrong with the line, as the end of a sentence about it. */
  readonly problem?: string
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff')

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The record of a line: its value is the line's bytes as they stand; its key is the text of a field, or its number as it is written there.
 * A line is bad that is no JSON in UTF-8, that is too long, and that has nothing in that field that can be a key.
 */
export function readLine({ number, bytes }: Line, { key, most }: LineOptions): Reading {
  if (!bytes) return { record: undefined, problem: `is longer than ${formatBytes(most)}` }
  const value = number === 1 ? withoutMark(bytes) : bytes
  try {
    const text = utf8.decode(value)
    const event: unknown = JSON.parse(text)
    return { record: { key: key === undefined ? null : keyOf(event, key, text), value } }
  } catch (error) {
    return { record: { key: null, value }, problem: problemOf(error) }
  }
}

/** Editors on Windows put one at the beginning of a file. */
const withoutMark = (bytes: Buffer): Buffer =>
  bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? bytes.subarray(BYTE_ORDER_MARK.length)
    : bytes

/** Of a line it is always the first. */
const PLACE = / \(line 1 column \d+\)$/

class NoKey extends Error {}

function problemOf(error: unknown): string {
  if (error instanceof NoKey) return error.message
  if (!(error instanceof SyntaxError)) return 'is no text in UTF-8'
  return `is no JSON: ${messageOf(error).replace(PLACE, '')}`
}

/** @throws NoKey where the field has nothing that can be a key */
function keyOf(event: unknown, path: string, text: string): string {
  const value = valueAt(event, path)
  switch (typeof value) {
    case 'string':
      return value
    case 'boolean':
      return String(value)
    case 'number':
      return String(valueAt(JSON.parse(text, numbersAsWritten), path))
    default:
      throw new NoKey(
        value === undefined || value === null
          ? `has no ${path}`
          : `has in ${path} neither a text nor a number`,
      )
  }
}

/** The field of that very name, or else the one that its dotted path leads to. */
function valueAt(event: unknown, path: string): unknown {
  const own = fieldOf(event, path)
  return own === undefined ? path.split('.').reduce(fieldOf, event) : own
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined

/** JSON.parse also hands over how a number was written, which is not yet in the types of the language. */
const numbersAsWritten = (_: string, value: unknown, ...[context]: { source?: string }[]) =>
  typeof value === 'number' ? context?.source : value
