const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d])

/**
 * The JSON texts that stand one after the other, with white space or commas between them, or in one array: each as its bytes are. What is no JSON comes out
 * as pieces of some kind: nothing is judged. Holds one text.
 *
 * @param isArray whether the bracket that comes first is around all of them
 */
export async function* jsonValues(
  chunks: AsyncIterable<Buffer>,
  isArray: boolean,
): AsyncGenerator<Buffer> {
  const cutter = new Cutter(isArray)
  for await (const chunk of chunks) yield* cutter.cut(chunk)
  yield* cutter.rest()
}

/** Where one text ends and the next one begins. */
class Cutter {
  #depth = 0
  #inText = false
  #inString = false
  #escaped = false
  #isArray: boolean
  #pieces: Buffer[] = []

  constructor(isArray: boolean) {
    this.#isArray = isArray
  }

  *cut(chunk: Buffer): Generator<Buffer> {
    let from = this.#inText ? 0 : -1
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (this.#inString) this.#string(byte)
      else if (this.#inText) {
        if (this.#depth === 0 && endsScalar(byte)) {
          yield this.#take(chunk.subarray(from, at))
          from = -1
        } else if (this.#structure(byte) && this.#depth === 0) {
          yield this.#take(chunk.subarray(from, at + 1))
          from = -1
        }
      } else if (this.#begins(byte)) {
        from = at
        this.#inText = true
        this.#structure(byte)
      }
    }
    if (from >= 0) this.#pieces.push(chunk.subarray(from))
  }

  *rest(): Generator<Buffer> {
    if (this.#inText) yield this.#take(Buffer.alloc(0))
  }

  #begins(byte: number): boolean {
    if (SPACE.has(byte) || byte === COMMA || CLOSING.has(byte)) return false
    if (!this.#isArray) return true
    // the bracket around all of them
    this.#isArray = false
    return !OPENING.has(byte)
  }

  /** Says whether a text may end with this byte. */
  #structure(byte: number): boolean {
    if (byte === QUOTE) this.#inString = true
    else if (OPENING.has(byte)) this.#depth++
    else if (CLOSING.has(byte)) {
      this.#depth--
      return true
    }
    return false
  }

  #string(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === BACKSLASH) this.#escaped = true
    else if (byte === QUOTE) this.#inString = false
  }

  #take(last: Buffer): Buffer {
    const text = Buffer.concat([...this.#pieces, last])
    this.#pieces = []
    this.#inText = false
    this.#depth = 0
    return text
  }
}

const endsScalar = (byte: number): boolean => SPACE.has(byte) || byte === COMMA || CLOSING.has(byte)
