const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20]
const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

const isSpace = (code: number): boolean =>
  code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB

/**
 * The same JSON text without the space between its tokens. Every token stays as it is written, numbers above all: `1.10`, `1e400` and
 * `12345678901234567890` are not what a number would make of them.
 *
 * @param json a valid text; of any other something of no use is left
 */
export function compactJson(json: string): string {
  let compact = ''
  for (let at = afterSpace(json, 0); at < json.length;) {
    const from = at
    while (at < json.length && !isSpace(json.charCodeAt(at)))
      at = json.charCodeAt(at) === QUOTE ? endOfText(json, at) : at + 1
    compact += json.slice(from, at)
    at = afterSpace(json, at)
  }
  return compact
}

/**
 * The members of a JSON object, their values as they are written. Of a name that is there twice the last one counts, as in JSON.parse.
 *
 * @param json a valid text of an object
 */
export function membersOf(json: string): Map<string, string> {
  const members = new Map<string, string>()
  let at = afterSpace(json, json.indexOf('{') + 1)
  while (json.charCodeAt(at) === QUOTE) {
    const endOfName = endOfText(json, at)
    const name = nameOf(json.slice(at, endOfName))
    const from = afterSpace(json, json.indexOf(':', endOfName) + 1)
    const to = endOfValue(json, from)
    members.set(name, json.slice(from, to))
    at = afterSpace(json, to)
    if (json.charCodeAt(at) === COMMA) at = afterSpace(json, at + 1)
  }
  return members
}

function afterSpace(json: string, from: number): number {
  let at = from
  while (isSpace(json.charCodeAt(at))) at++
  return at
}

/** Where the text is over that begins with the quote here. */
function endOfText(json: string, from: number): number {
  for (let at = json.indexOf('"', from + 1); at >= 0; at = json.indexOf('"', at + 1))
    if (!isEscaped(json, at)) return at + 1
  return json.length
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(json: string, at: number): boolean {
  let first = at
  while (json.charCodeAt(first - 1) === BACKSLASH) first--
  return (at - first) % 2 === 1
}

/** Where the value that begins here is over. */
function endOfValue(json: string, from: number): number {
  const first = json.charCodeAt(from)
  if (first === QUOTE) return endOfText(json, from)
  return first === OPEN_OBJECT || first === OPEN_LIST
    ? endOfNested(json, from)
    : endOfWord(json, from)
}

function endOfNested(json: string, from: number): number {
  let depth = 0
  for (let at = from; at < json.length;) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfText(json, at)
      continue
    }
    at++
    if (code === OPEN_OBJECT || code === OPEN_LIST) depth++
    else if ((code === CLOSE_OBJECT || code === CLOSE_LIST) && --depth === 0) return at
  }
  return json.length
}

/** Of a number, true, false or null. */
function endOfWord(json: string, from: number): number {
  for (let at = from; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (isSpace(code) || code === COMMA || code === CLOSE_OBJECT) return at
  }
  return json.length
}

const nameOf = (text: string): string =>
  text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1)
