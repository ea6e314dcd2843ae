/** One line of a text. */
export interface Line {
  /** From 1. */
  readonly number: number
  /** Without its end, be it `\n` or `\r\n`; undefined for a line that is longer than it may be. */
  readonly bytes: Buffer | undefined
}

const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/**
 * Cut a text into lines as it arrives: all that end in one piece of the input at a time, and the last one whether it ends or not. Lines of nothing
 * but white space are left out, but counted.
 *
 * Holds one piece, and of a line that goes on at most `most` bytes: a longer one is passed over to its end.
 */
export async function* linesOf(
  input: AsyncIterable<Buffer>,
  { most }: { readonly most: number },
): AsyncGenerator<Line[]> {
  const open = new OpenLine(most)
  for await (const piece of input) {
    const lines: Line[] = []
    let from = 0
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, from)) {
      open.add(piece.subarray(from, end))
      lines.push(...open.finish())
      from = end + 1
    }
    open.add(piece.subarray(from))
    if (lines.length > 0) yield lines
  }
  const last = open.finish()
  if (last.length > 0) yield last
}

/** The line that is being read. */
class OpenLine {
  readonly #most: number
  #number = 1
  #length = 0
  #parts: Buffer[] = []

  constructor(most: number) {
    this.#most = most
  }

  add(part: Buffer): void {
    if (part.length === 0) return
    this.#length += part.length
    if (this.#length > this.#most) this.#parts = []
    else this.#parts.push(part)
  }

  /** The line that ends here, unless it is blank; another one begins. */
  finish(): Line[] {
    const number = this.#number++
    const tooLong = this.#length > this.#most
    const bytes = withoutReturn(
      this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts),
    )
    this.#length = 0
    this.#parts = []
    if (tooLong) return [{ number, bytes: undefined }]
    return isBlank(bytes) ? [] : [{ number, bytes }]
  }
}

const withoutReturn = (bytes: Buffer): Buffer =>
  bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes

const isBlank = (bytes: Buffer): boolean =>
  bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CARRIAGE_RETURN)
