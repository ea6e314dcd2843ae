import { trimmed } from './validity.ts'

const [QUOTE, BACKSLASH, COMMA, OPEN, CLOSE, LEFT, RIGHT] = Buffer.from('"\\,[]{}')

/**
 * The bytes of each element of a JSON array, as they stand there.
 *
 * @throws Error for what is not one JSON array
 */
export function elementsOf(array: Buffer): Buffer[] {
  const text = trimmed(array)
  if (text[0] !== OPEN || text.at(-1) !== CLOSE) throw new Error('not a JSON array')
  if (!Array.isArray(JSON.parse(text.toString()))) throw new Error('not a JSON array')
  const elements: Buffer[] = []
  let depth = 0
  let from = 1
  let inText = false
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]
    if (inText) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) inText = false
    } else if (byte === QUOTE) inText = true
    else if (byte === OPEN || byte === LEFT) depth++
    else if (byte === CLOSE || byte === RIGHT) depth--
    if (inText || depth > 1 || (depth === 1 && byte !== COMMA) || at === 0) continue
    const element = trimmed(text.subarray(from, at))
    if (element.length > 0) elements.push(element)
    from = at + 1
  }
  return elements
}

/** The lines of JSON lines, parsed. @throws SyntaxError for a line that is not JSON; Error for one without an end */
export function linesOf(bytes: Buffer): unknown[] {
  if (bytes.length > 0 && bytes.at(-1) !== 0x0a) throw new Error('the last line has no end')
  return bytes
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown)
}
