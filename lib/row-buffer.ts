const FIRST_BLOCK = 512
const LARGEST_BLOCK = 256 * 1024

/** Memory that a buffer with rows takes besides them, in bytes: objects, and room in its last block. Little where it holds much. */
const OVERHEAD = FIRST_BLOCK

const NOTHING = Buffer.alloc(0)

/** Blocks of the largest size that are kept to be filled again: to get one from the system and to collect it takes longer than to fill it. */
const MOST_SPARE = 32
const spare: ArrayBuffer[] = []
/** Those that are filled, or waited for by somebody. */
const lent = new WeakSet<ArrayBufferLike>()

/** Give back what `take` returned, once nobody reads it any more. Pieces from elsewhere are left alone. */
export function recycle(pieces: readonly Buffer[]): void {
  for (const { buffer } of pieces)
    if (lent.delete(buffer) && spare.length < MOST_SPARE) spare.push(buffer as ArrayBuffer)
}

/** Rows one after the other, with a separator between them, in blocks that grow with what they hold: at most one is not full. */
export class RowBuffer {
  readonly #separator: Buffer
  readonly #overhead: number
  #full: Buffer[] = []
  #block: Buffer = NOTHING
  #at = 0
  #size = 0
  #rows = 0

  /** @param overhead bytes of memory that are taken besides the rows, by whatever has them */
  constructor(separator: Buffer, overhead = OVERHEAD) {
    this.#separator = separator
    this.#overhead = overhead
  }

  get size(): number {
    return this.#size
  }

  /** Bytes of memory that it takes, about. */
  get held(): number {
    return this.#rows > 0 ? this.#size + this.#overhead : 0
  }

  get rows(): number {
    return this.#rows
  }

  /** Copy a row in; says how many bytes it took, separator included. */
  add(row: string | Buffer): number {
    const before = this.#size
    if (this.#rows > 0) this.#write(this.#separator)
    this.#write(row)
    this.#rows++
    return this.#size - before
  }

  /** The rows so far, in pieces; the buffer starts anew. */
  take(): Buffer[] {
    if (this.#at > 0) this.#full.push(this.#block.subarray(0, this.#at))
    const pieces = this.#full
    this.#full = []
    this.#block = NOTHING
    this.#at = 0
    this.#size = 0
    this.#rows = 0
    return pieces
  }

  #write(piece: string | Buffer): void {
    // a unit of UTF-16 takes three bytes of UTF-8 at the most
    this.#reserve(typeof piece === 'string' ? piece.length * 3 : piece.length)
    const written =
      typeof piece === 'string'
        ? this.#block.write(piece, this.#at)
        : piece.copy(this.#block, this.#at)
    this.#at += written
    this.#size += written
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#block.length) return
    if (this.#at > 0) this.#full.push(this.#block.subarray(0, this.#at))
    const next = Math.min(LARGEST_BLOCK, Math.max(FIRST_BLOCK, this.#size))
    this.#block = blockOf(Math.max(next, bytes))
    this.#at = 0
  }
}

function blockOf(bytes: number): Buffer {
  // small ones share what lies behind them
  if (bytes < FIRST_BLOCK * 4) return Buffer.allocUnsafe(bytes)
  if (bytes !== LARGEST_BLOCK) return Buffer.allocUnsafeSlow(bytes)
  const block = spare.pop() ?? Buffer.allocUnsafeSlow(bytes).buffer
  lent.add(block)
  return Buffer.from(block)
}
