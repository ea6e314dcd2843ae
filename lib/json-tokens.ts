const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20]
const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

const isSpace = (byte: number | undefined): boolean =>
  byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB

/**
 * The same JSON text without the space between its tokens. Every token stays as it is written, numbers above all: `1.10`, `1e400` and
 * `12345678901234567890` are not what a number would make of them.
 *
 * @param text valid JSON in UTF-8; of anything else something of no use is left
 */
export function compactJson(text: Buffer): Buffer {
  const compact = Buffer.allocUnsafe(text.length)
  let size = 0
  for (let at = 0; at < text.length;) {
    const from = at
    while (at < text.length && !isSpace(text[at]))
      at = text[at] === QUOTE ? endOfText(text, at) : at + 1
    size += text.copy(compact, size, from, at)
    while (isSpace(text[at])) at++
  }
  return compact.subarray(0, size)
}

/**
 * The members of a JSON object and the bytes of their values, as they are written. Of a name that is there twice the last one counts, as in JSON.parse.
 *
 * @param text valid JSON in UTF-8 of an object
 */
export function membersOf(text: Buffer): Map<string, Buffer> {
  const members = new Map<string, Buffer>()
  let at = afterSpace(text, text.indexOf(OPEN_OBJECT) + 1)
  while (text[at] === QUOTE) {
    const endOfName = endOfText(text, at)
    const name = nameOf(text.subarray(at, endOfName))
    const from = afterSpace(text, text.indexOf(COLON, endOfName) + 1)
    const to = endOfValue(text, from)
    members.set(name, text.subarray(from, to))
    at = afterSpace(text, to)
    if (text[at] === COMMA) at = afterSpace(text, at + 1)
  }
  return members
}

function afterSpace(text: Buffer, from: number): number {
  let at = from
  while (isSpace(text[at])) at++
  return at
}

/** Where the text that begins here is over. */
function endOfText(text: Buffer, from: number): number {
  for (let at = text.indexOf(QUOTE, from + 1); at >= 0; at = text.indexOf(QUOTE, at + 1))
    if (!isEscaped(text, at)) return at + 1
  return text.length
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: Buffer, at: number): boolean {
  let first = at
  while (text[first - 1] === BACKSLASH) first--
  return (at - first) % 2 === 1
}

/** Where the value that begins here is over. */
function endOfValue(text: Buffer, from: number): number {
  const first = text[from]
  if (first === QUOTE) return endOfText(text, from)
  return first === OPEN_OBJECT || first === OPEN_LIST
    ? endOfNested(text, from)
    : endOfWord(text, from)
}

function endOfNested(text: Buffer, from: number): number {
  let depth = 0
  for (let at = from; at < text.length;) {
    const byte = text[at]
    if (byte === QUOTE) {
      at = endOfText(text, at)
      continue
    }
    at++
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --depth === 0) return at
  }
  return text.length
}

/** Of a number, true, false or null. */
function endOfWord(text: Buffer, from: number): number {
  let at = from
  while (at < text.length && !isSpace(text[at]) && text[at] !== COMMA && text[at] !== CLOSE_OBJECT)
    at++
  return at
}

const nameOf = (text: Buffer): string =>
  text.includes(BACKSLASH)
    ? (JSON.parse(text.toString()) as string)
    : text.toString('utf8', 1, text.length - 1)
