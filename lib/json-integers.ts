/** What an integer beyond 2^53 becomes: the nearest number, or a bigint. */
export type Integers = 'number' | 'exact'

/** Fewer digits in a row make no integer that a number cannot hold; and a reviver makes JSON.parse several times as slow. */
const MANY_DIGITS = /\d{16}/

const INTEGER = /^-?\d+$/

/**
 * The value of a JSON text.
 *
 * @throws SyntaxError for what is no JSON
 */
export const readJson = (text: string, integers: Integers): unknown =>
  integers === 'exact' && MANY_DIGITS.test(text) ? JSON.parse(text, revive) : JSON.parse(text)

/** The value of a number as it is written: a bigint for an integer that no number holds. */
export function exactNumber(text: string): number | bigint {
  const value = Number(text)
  return Number.isSafeInteger(value) || !INTEGER.test(text) ? value : BigInt(text)
}

/** JSON.parse also hands over how a number was written, which is not yet in the types of the language. */
const revive = (_: string, value: unknown, ...[context]: { source?: string }[]): unknown =>
  typeof value === 'number' && context?.source !== undefined ? exactNumber(context.source) : value
