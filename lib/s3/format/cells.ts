import { compactJson, membersOf } from '../../json-tokens.ts'
import { jsonText } from '../../json-text.ts'
import type { Message } from '../../message.ts'

/** What stands in a cell; null for nothing. */
export type Cell = string | null

/** What becomes of a text, and of JSON, on its way into a cell. */
export interface Written {
  readonly text: (value: string) => string
  readonly json: (value: string) => string
}

/**
 * The cells of an event. Texts are themselves, lists and objects their JSON. Numbers of an event that no operator has changed are as they were written:
 * `1.10`, `1e400`, `12345678901234567890`.
 *
 * @throws TypeError for a value that cannot be written
 */
export function cellsOf(
  { value, verbatim, record }: Message<unknown>,
  names: readonly string[],
  written: Written,
): Cell[] {
  const event = value as Readonly<Record<string, unknown>> | null
  let tokens: Map<string, string> | undefined
  /** As it was written: asked for where reading and writing may change what a value looks like. */
  const tokenOf = (name: string): string | undefined => {
    if (!verbatim || record.bytes === null) return undefined
    tokens ??= membersOf(record.bytes.toString())
    return tokens.get(name)
  }
  return names.map((name) => {
    const field = event !== null && Object.hasOwn(event, name) ? event[name] : null
    if (typeof field === 'string') return written.text(field)
    if (typeof field === 'number') return tokenOf(name) ?? String(field)
    if (typeof field !== 'object' || field === null) return simpleCell(field)
    const token = tokenOf(name)
    return token ? written.json(compactJson(token)) : nestedCell(field, written)
  })
}

/** A cell for something of a record. */
export function fieldCell(field: unknown, written: Written): Cell {
  if (typeof field === 'string') return written.text(field)
  return typeof field === 'object' && field !== null
    ? nestedCell(field, written)
    : simpleCell(field)
}

function simpleCell(field: unknown): Cell {
  if (field === null || field === undefined) return null
  return typeof field === 'bigint' ? String(field) : jsonText(field)
}

/** What says itself that it is a text in JSON, such as a date, is one here too. */
function nestedCell(field: object, { text, json: asIs }: Written): Cell {
  const json = jsonText(field)
  return json.startsWith('"') ? text(JSON.parse(json) as string) : asIs(json)
}

/**
 * The text, if it can be written.
 *
 * @throws TypeError for half a surrogate pair, which UTF-8 cannot say and would replace
 */
export function wellFormed(text: string): string {
  if (text.isWellFormed()) return text
  throw new TypeError(
    `a text with half a surrogate pair cannot be written in UTF-8: ${JSON.stringify(text.slice(0, 40))}`,
  )
}

/** What spreadsheets take for a formula gets an apostrophe before it, as OWASP advises. */
export const guarded = (text: string): string =>
  /^[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text
