/**
 * The value as JSON on one line. What JSON leaves out or alters stays so (functions in objects, NaN as null).
 *
 * @throws TypeError for a value without a JSON text: undefined, a function, a symbol, a BigInt anywhere, a cycle.
 */
export function jsonText(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value) as string | undefined
  } catch (error) {
    throw new TypeError(`${kindOf(value)} cannot be written as JSON: ${(error as Error).message}`, {
      cause: error,
    })
  }
  if (text === undefined) throw new TypeError(`${kindOf(value)} cannot be written as JSON`)
  return text
}

const kindOf = (value: unknown): string =>
  value === undefined ? 'undefined' : `a value of type ${typeof value}`
