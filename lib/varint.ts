/** Append a whole number from 0 to 2^53, seven bits a byte, the lowest first. */
export function varint(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
}

/** Reads what `varint` has written, one number after the other. */
export class VarintReader {
  readonly #bytes: Uint8Array
  /** Of the next number. */
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  /** @throws RangeError at the end of the bytes */
  next(): number {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) throw new RangeError('the bytes end within a number')
      if (byte < 0x80) return value + byte * scale
      value += (byte - 0x80) * scale
    }
  }
}
