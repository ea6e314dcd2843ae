import { Assembler } from 'stream-json/core/assembler.js'
import { jsonParser, type Token } from 'stream-json/core/parser.js'
import { messageOf } from '../../lib/errors.ts'
import { exactNumber, type Integers, readJson } from '../../lib/json-integers.ts'
import { CHUNK_BYTES } from '../../lib/message.ts'

/**
 * The elements of a JSON array, in lists: of a small body all, of any other those of one piece at a time. Where it breaks, all whole elements before
 * that are told first.
 *
 * Holds one piece and one element.
 *
 * @param body valid UTF-8
 * @throws Error that says why, and at which byte, it is no array
 */
export function* elementsOf(body: Buffer, integers: Integers): Generator<readonly unknown[]> {
  const atOnce = body.length <= CHUNK_BYTES && arrayAtOnce(body, integers)
  if (atOnce) return yield atOnce
  const reader = new ArrayReader(body, integers)
  for (let from = 0; from < body.length;) {
    const to = endOfCharacter(body, from + CHUNK_BYTES)
    let elements: readonly unknown[]
    try {
      elements = reader.read(from, to)
    } catch {
      return yield* elementsBeforeBreak(body, from, integers)
    }
    yield elements
    from = to
  }
  reader.end()
}

/** Four times as fast as a piece of a stream. Undefined for anything but an array: the stream tells where it breaks. */
function arrayAtOnce(body: Buffer, integers: Integers): readonly unknown[] | undefined {
  try {
    const value = readJson(body.toString(), integers)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * The elements of the piece in which the array breaks. A parser that throws gives nothing of that piece, so it is read again from the
 * beginning, and the piece character by character.
 */
function* elementsBeforeBreak(
  body: Buffer,
  piece: number,
  integers: Integers,
): Generator<readonly unknown[]> {
  const reader = new ArrayReader(body, integers)
  for (let from = 0; from < body.length;) {
    const to = endOfCharacter(body, from + (from < piece ? CHUNK_BYTES : 1))
    const elements = reader.read(from, to)
    if (from >= piece && elements.length > 0) yield elements
    from = to
  }
  reader.end()
}

/** The first end of a character from here on, in a text of UTF-8. */
function endOfCharacter(body: Buffer, at: number): number {
  let end = Math.min(at, body.length)
  while (end < body.length && ((body[end] as number) & 0xc0) === 0x80) end++
  return end
}

/** Reads an array piece by piece. */
class ArrayReader {
  readonly #body: Buffer
  readonly #integers: Integers
  readonly #tokensOf = jsonParser({ streamValues: false })
  readonly #assembler = new Assembler()
  #hasBegun = false

  constructor(body: Buffer, integers: Integers) {
    this.#body = body
    this.#integers = integers
  }

  /** The elements that are whole by the end of this piece, and were not before. */
  read(from: number, to: number): readonly unknown[] {
    const elements: unknown[] = []
    try {
      const tokens = this.#tokensOf(this.#body.toString('utf8', from, to))
      if (typeof tokens !== 'symbol') for (const token of tokens.values) this.#take(token, elements)
    } catch (error) {
      throw new Error(`${messageOf(error)}, at byte ${from}`, { cause: error })
    }
    return elements
  }

  end(): void {
    if (this.#hasBegun && this.#assembler.done) return
    throw new Error(
      this.#hasBegun ? `the array has no end, at byte ${this.#body.length}` : NOT_AN_ARRAY,
    )
  }

  #take(token: Token, elements: unknown[]): void {
    if (!this.#hasBegun && token.name !== 'startArray') throw new Error(NOT_AN_ARRAY)
    this.#hasBegun = true
    this.#assembler.consume(this.#integers === 'exact' ? exact(token) : token)
    if (this.#assembler.depth !== 1) return
    // what has come together beneath the array is taken out of it
    const whole = this.#assembler.current as unknown[]
    if (whole.length > 0) elements.push(whole.pop())
  }
}

const NOT_AN_ARRAY = 'it is not an array'

/** An assembler reads numbers as doubles, and takes the value of a text as it is. */
const exact = (token: Token): Token =>
  token.name === 'numberValue'
    ? { name: 'stringValue', value: exactNumber(token.value) as unknown as string }
    : token
