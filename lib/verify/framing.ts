const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20]
const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Bytes that are not what they were said to be. */
export class Unreadable extends Error {}

/** How the rows of one object are told apart. It remembers where it is in the bytes that it was shown. */
export interface Framing {
  /** Whether every end is one: a separator may stand in a row as well. */
  readonly isSure: boolean
  /** What can stand between two rows, one of these in all of an object. */
  readonly separators: readonly string[]
  /** What stood before the first row, once that is found: a line with the names of its columns. */
  readonly header?: Buffer | undefined
  /** Where rows end, each with what stands between it and the next, in bytes of which those before `from` have been looked at. */
  ends(bytes: Buffer, from: number): Iterable<number>
  /**
   * The row, byte for byte as it was written, of all between two such ends; undefined where that is none.
   *
   * @throws Unreadable when it can be none
   */
  row(piece: Buffer): Buffer | undefined
  /**
   * What stands after the last end: a row, or nothing.
   *
   * @throws Unreadable when it can be neither
   */
  rest(piece: Buffer): Buffer | undefined
}

/** A content type of ours, and what its parameters say. */
export function mediaTypeOf(contentType: string): {
  readonly type: string
  readonly said: ReadonlyMap<string, string>
} {
  const [type = '', ...parameters] = contentType.split('; ')
  const said = parameters.map((parameter) => {
    const [name = '', value = ''] = parameter.split('=')
    return [name, decodeURIComponent(value)] as const
  })
  return { type, said: new Map(said) }
}

/** The framing that a content type of ours tells; undefined for bytes without any. */
export function framingOf(contentType: string): Framing | undefined {
  const { type, said } = mediaTypeOf(contentType)
  const hasHeader = said.get('header') === 'present'
  switch (type) {
    case 'application/json':
      return new JsonElements()
    case 'application/x-ndjson':
      return new Lines(false, undefined)
    case 'text/tab-separated-values':
      return new Lines(hasHeader, undefined)
    case 'text/csv':
      return new Lines(hasHeader, (said.get('quote') ?? '"').charCodeAt(0))
    default: {
      const separator = said.get('separator')
      return separator === undefined ? undefined : new Separated(separator)
    }
  }
}

/** Rows that end with a line feed; within quotes it is part of a row. */
class Lines implements Framing {
  readonly isSure = true
  readonly separators = ['\n', '\r\n']
  header: Buffer | undefined
  readonly #quote: number | undefined
  #isHeader: boolean
  #isQuoted = false

  constructor(hasHeader: boolean, quote: number | undefined) {
    this.#isHeader = hasHeader
    this.#quote = quote
  }

  *ends(bytes: Buffer, from: number): Iterable<number> {
    if (this.#quote === undefined) {
      for (let at = bytes.indexOf(LINE_FEED, from); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1))
        yield at + 1
      return
    }
    for (let at = from; at < bytes.length; at++) {
      // a quote that is doubled ends what is quoted and begins it again
      if (bytes[at] === this.#quote) this.#isQuoted = !this.#isQuoted
      else if (bytes[at] === LINE_FEED && !this.#isQuoted) yield at + 1
    }
  }

  row(piece: Buffer): Buffer | undefined {
    const end = piece.length - 1
    const line = piece.subarray(0, piece[end - 1] === CARRIAGE_RETURN ? end - 1 : end)
    if (!this.#isHeader) return line
    this.#isHeader = false
    this.header = line
    return undefined
  }

  rest(piece: Buffer): undefined {
    if (piece.length > 0) throw new Unreadable('its last line has no end')
  }
}

/** Rows with a text between them, which rows may hold as well. */
class Separated implements Framing {
  readonly isSure = false
  readonly separators: readonly string[]
  readonly #separator: Buffer

  constructor(separator: string) {
    this.separators = [separator]
    this.#separator = Buffer.from(separator)
  }

  *ends(bytes: Buffer, from: number): Iterable<number> {
    const { length } = this.#separator
    // it may have begun in what has been looked at
    for (let at = Math.max(0, from - length + 1); ; at += length) {
      at = bytes.indexOf(this.#separator, at)
      if (at < 0) return
      yield at + length
    }
  }

  row(piece: Buffer): Buffer {
    return piece.subarray(0, piece.length - this.#separator.length)
  }

  rest(piece: Buffer): Buffer {
    return piece
  }
}

const NO_ARRAY = 'its bytes are not one JSON array'

/** The elements of one JSON array, each held against the grammar. */
class JsonElements implements Framing {
  readonly isSure = true
  readonly separators = [',\n']
  #depth = 0
  #isText = false
  #isEscaped = false
  #isFirst = true
  #isOver = false

  row(piece: Buffer): Buffer | undefined {
    const isFirst = this.#isFirst
    const isLast = piece.at(-1) === CLOSE_LIST
    if (this.#isOver || (!isLast && piece.at(-1) !== COMMA)) throw new Unreadable(NO_ARRAY)
    this.#isFirst = false
    this.#isOver = isLast
    const element = (isFirst ? afterBracket(piece) : piece).subarray(0, -1)
    return isFirst && isLast && element.every(isSpace) ? undefined : elementIn(element, isLast)
  }

  *ends(bytes: Buffer, from: number): Iterable<number> {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] as number
      if (this.#isText) this.#textGoesOn(byte)
      else if (byte === QUOTE) this.#isText = true
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) this.#depth++
      else if (byte === COMMA && this.#depth === 1) yield at + 1
      else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        this.#depth--
        if (this.#depth === 0) yield at + 1
      }
    }
  }

  rest(piece: Buffer): undefined {
    if (!this.#isOver || !piece.every(isSpace)) throw new Unreadable(NO_ARRAY)
  }

  #textGoesOn(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === BACKSLASH) this.#isEscaped = true
    else if (byte === QUOTE) this.#isText = false
  }
}

const isSpace = (byte: number): boolean =>
  byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB

function afterBracket(piece: Buffer): Buffer {
  const first = piece.findIndex((byte) => !isSpace(byte))
  if (piece[first] !== OPEN_LIST) throw new Unreadable(NO_ARRAY)
  return piece.subarray(first + 1)
}

/** Without the line breaks around it, which are not its own. */
function elementIn(bytes: Buffer, isLast: boolean): Buffer {
  const from = bytes[0] === LINE_FEED ? 1 : 0
  const to = isLast && bytes.at(-1) === LINE_FEED ? bytes.length - 1 : bytes.length
  const element = bytes.subarray(from, to)
  try {
    JSON.parse(element.toString())
  } catch (error) {
    throw new Unreadable(NO_ARRAY, { cause: error })
  }
  return element
}
