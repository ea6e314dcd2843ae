/**
 * Reads the fields of Kafka's protocol, big-endian, one after the other. 64-bit integers are exact
 * up to 2^53.
 */
export class WireReader {
  readonly buffer: Buffer
  offset: number

  constructor(buffer: Buffer, offset = 0) {
    this.buffer = buffer
    this.offset = offset
  }

  get remaining(): number {
    return this.buffer.length - this.offset
  }

  int8(): number {
    this.offset += 1
    return this.buffer.readInt8(this.offset - 1)
  }

  int16(): number {
    this.offset += 2
    return this.buffer.readInt16BE(this.offset - 2)
  }

  int32(): number {
    this.offset += 4
    return this.buffer.readInt32BE(this.offset - 4)
  }

  int64(): number {
    this.offset += 8
    return int64At(this.buffer, this.offset - 8)
  }

  /** Empty for null. */
  string(): string {
    const length = Math.max(0, this.int16())
    this.offset += length
    return this.buffer.toString('utf8', this.offset - length, this.offset)
  }

  /** A slice, not a copy; empty for null. */
  bytes(): Buffer {
    const length = Math.max(0, this.int32())
    this.offset += length
    return this.buffer.subarray(this.offset - length, this.offset)
  }

  /** Empty for null. */
  array<T>(element: () => T): T[] {
    const length = Math.max(0, this.int32())
    return Array.from({ length }, element)
  }

  /** A zigzag varint of up to 64 bits. */
  varint(): number {
    const value = this.unsignedVarint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** A varint without a sign. */
  unsignedVarint(): number {
    const { buffer } = this
    let byte = buffer[this.offset++]!
    let value = byte & 0x7f
    if (byte >= 0x80) {
      let scale = 1
      do {
        scale *= 0x80
        byte = buffer[this.offset++]!
        value += (byte & 0x7f) * scale
      } while (byte >= 0x80)
    }
    return value
  }

  /** Pass over bytes that stand after their length as a varint. */
  skipBytes(): void {
    const length = this.varint()
    if (length > 0) this.offset += length
  }

  /**
   * Bytes after their length as a varint: a slice, not a copy; null where the length is negative.
   */
  varBytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    this.offset += length
    return this.buffer.subarray(this.offset - length, this.offset)
  }
}

export function int64At(buffer: Buffer, offset: number): number {
  return buffer.readInt32BE(offset) * 0x1_0000_0000 + buffer.readUInt32BE(offset + 4)
}

/**
 * Writes the fields of Kafka's protocol, big-endian, one after the other, into memory that grows
 * as needed.
 */
export class WireWriter {
  #buffer: Buffer
  #offset = 0

  /** `capacity` in bytes: a guess that saves growing. */
  constructor(capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity)
  }

  get length(): number {
    return this.#offset
  }

  /** What has been written: a slice, not a copy. */
  get written(): Buffer {
    return this.#buffer.subarray(0, this.#offset)
  }

  int8(value: number): this {
    this.#reserve(1)
    this.#offset = this.#buffer.writeInt8(value, this.#offset)
    return this
  }

  int16(value: number): this {
    this.#reserve(2)
    this.#offset = this.#buffer.writeInt16BE(value, this.#offset)
    return this
  }

  int32(value: number): this {
    this.#reserve(4)
    this.#offset = this.#buffer.writeInt32BE(value, this.#offset)
    return this
  }

  /** Exact up to 2^53. */
  int64(value: number): this {
    this.#reserve(8)
    this.#offset = this.#buffer.writeInt32BE(Math.floor(value / 0x1_0000_0000), this.#offset)
    this.#offset = this.#buffer.writeUInt32BE(value >>> 0, this.#offset)
    return this
  }

  string(value: string): this {
    const bytes = Buffer.from(value)
    return this.int16(bytes.length).raw(bytes)
  }

  array<T>(elements: readonly T[], write: (element: T) => void): this {
    this.int32(elements.length)
    for (const element of elements) write(element)
    return this
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#offset)
    this.#offset += bytes.length
    return this
  }

  /** Zigzag, exact up to 2^52. */
  varint(value: number): this {
    return this.unsignedVarint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  /** Exact up to 2^53. */
  unsignedVarint(value: number): this {
    this.#reserve(10)
    let rest = value
    while (rest >= 0x80) {
      this.#buffer[this.#offset++] = (rest % 0x80) + 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[this.#offset++] = rest
    return this
  }

  /** Bytes after their length as a varint. */
  varBytes(bytes: Uint8Array | null): this {
    return bytes === null ? this.varint(-1) : this.varint(bytes.length).raw(bytes)
  }

  /** Put a value where one had been left out. */
  setInt32(value: number, at: number): void {
    this.#buffer.writeInt32BE(value, at)
  }

  #reserve(bytes: number): void {
    const needed = this.#offset + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length))
    this.#buffer.copy(grown, 0, 0, this.#offset)
    this.#buffer = grown
  }
}

/** How many bytes `varint` takes for this value. */
export function varintSize(value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value
  let size = 1
  for (; rest >= 0x80; size++) rest = Math.floor(rest / 0x80)
  return size
}
