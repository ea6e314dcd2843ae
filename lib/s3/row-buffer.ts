const FIRST = 4 * 1024

/** Rows one after the other in one growing buffer, with a separator between them. */
export class RowBuffer {
  readonly #separator: Buffer
  #buffer = Buffer.alloc(0)
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

  /** The rows so far, as they are; the buffer starts anew. */
  take(): Buffer {
    const rows = this.#buffer.subarray(0, this.#size)
    this.#buffer = Buffer.alloc(0)
    this.#size = 0
    this.#rows = 0
    return rows
  }

  #write(piece: string | Buffer): void {
    // three bytes for a UTF-16 unit at the most
    this.#reserve(typeof piece === 'string' ? piece.length * 3 : piece.length)
    this.#size +=
      typeof piece === 'string'
        ? this.#buffer.write(piece, this.#size)
        : piece.copy(this.#buffer, this.#size)
  }

  #reserve(bytes: number): void {
    const wanted = this.#size + bytes
    if (wanted <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(FIRST, wanted, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#size)
    this.#buffer = grown
  }
}
