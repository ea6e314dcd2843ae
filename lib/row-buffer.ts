const FIRST_BLOCK = 4 * 1024
const LARGEST_BLOCK = 256 * 1024

/** Rows one after the other, with a separator between them, in blocks that grow with what they hold: at most one is not full. */
export class RowBuffer {
  readonly #separator: Buffer
  #full: Buffer[] = []
  #block = Buffer.alloc(0)
  #at = 0
  #size = 0
  #rows = 0

  constructor(separator: Buffer) {
    this.#separator = separator
  }

  get size(): number {
    return this.#size
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
    this.#block = Buffer.alloc(0)
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
    this.#block = Buffer.allocUnsafeSlow(Math.max(next, bytes))
    this.#at = 0
  }
}
