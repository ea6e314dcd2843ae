/**
 * The value as JSON on one line; a bigint as the integer that it is. What JSON leaves out or alters stays so (functions in objects, NaN as null).
 *
 * @throws TypeError for a value without a JSON text: undefined, a function, a symbol, a cycle.
 */
export function jsonText(value: unknown): string {
  let text: string | undefined
  try {
    text = stringify(value)
  } catch (error) {
    throw new TypeError(`${kindOf(value)} cannot be written as JSON: ${(error as Error).message}`, {
      cause: error,
    })
  }
  if (text === undefined) throw new TypeError(`${kindOf(value)} cannot be written as JSON`)
  return text
}

/** A replacer makes JSON.stringify several times as slow, so it is taken only where there is a bigint to write. */
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value) as string | undefined
  } catch (error) {
    if (!hasBigint(error)) throw error
    return JSON.stringify(value, integersAsTheyAre) as string | undefined
  }
}

const hasBigint = (error: unknown): boolean =>
  error instanceof TypeError && error.message.includes('BigInt')

const integersAsTheyAre = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? rawJson(String(value)) : value

/** Text that JSON.stringify writes as it is: in Node, and not yet in the types of the language. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(this: void, text: string): unknown }

const kindOf = (value: unknown): string =>
  value === undefined ? 'undefined' : `a value of type ${typeof value}`
