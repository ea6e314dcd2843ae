/** An exact sum as JSON: parts that add up to it, or where two do not, a whole number of 2^-1074 as text. */
export type WrittenSum = readonly number[] | string

/** The smallest unit of a double is 2 to the power of this. */
const UNIT_EXPONENT = -1074
const TOP_BITS = 64

/**
 * A sum of finite numbers without any rounding before the end, so that it does not depend on their order. Two numbers hold nearly every sum
 * exactly (Knuth's two-sum: the second has what rounding took from the first); what does not fit goes into a whole number of the smallest unit
 * that a double has.
 */
export class ExactSum {
  #high = 0
  #low = 0
  #rest = 0n

  /** Add a finite number. */
  add(x: number): void {
    const high = this.#high + x
    const error = lostIn(this.#high, x, high)
    const low = this.#low + error
    // NaN, where `high` has overflowed, goes into the rest too
    if (lostIn(this.#low, error, low) === 0) {
      this.#high = high
      this.#low = low
    } else {
      this.#rest += unitsOf(x)
    }
  }

  /** Add another sum. */
  merge(other: ExactSum): void {
    this.add(other.#high)
    this.add(other.#low)
    this.#rest += other.#rest
  }

  /** The sum, rounded once, to the nearest double and to the even one of two; infinite when it is larger than any. */
  get value(): number {
    const sum = this.#high + this.#low
    return this.#rest === 0n && Number.isFinite(sum) ? sum : numberOf(this.#units)
  }

  /** The same JSON for the same sum, whatever it was added up from. */
  write(): WrittenSum {
    const { value } = this
    if (this.#rest === 0n && Number.isFinite(value))
      return partsOf(value, lostIn(this.#high, this.#low, value))
    const units = this.#units
    if (!Number.isFinite(value)) return units.toString()
    const rest = units - unitsOf(value)
    const second = numberOf(rest)
    return unitsOf(second) === rest ? partsOf(value, second) : units.toString()
  }

  static read(written: WrittenSum): ExactSum {
    const sum = new ExactSum()
    if (typeof written === 'string') sum.#rest = BigInt(written)
    else for (const part of written) sum.add(part)
    return sum
  }

  /** The sum of its three parts. */
  static of(high: number, low: number, rest: bigint): ExactSum {
    const sum = new ExactSum()
    sum.#high = high
    sum.#low = low
    sum.#rest = rest
    return sum
  }

  get #units(): bigint {
    return unitsOf(this.#high) + unitsOf(this.#low) + this.#rest
  }
}

/** Many such sums, each in its row, numbered from 0 on. */
export class ExactSums {
  /** Pairs of the high and the low part. */
  #parts = new Float64Array(0)
  readonly #rests = new Map<number, bigint>()

  /** Begin the sums of the rows from the last one on, up to so many. */
  grow(rows: number): void {
    if (2 * rows <= this.#parts.length) return
    const parts = this.#parts
    this.#parts = new Float64Array(4 * rows)
    this.#parts.set(parts)
  }

  /** Add a finite number to the sum of a row. */
  add(x: number, row: number): void {
    const parts = this.#parts
    const high = (parts[2 * row] as number) + x
    const error = lostIn(parts[2 * row] as number, x, high)
    const low = (parts[2 * row + 1] as number) + error
    if (lostIn(parts[2 * row + 1] as number, error, low) === 0) {
      parts[2 * row] = high
      parts[2 * row + 1] = low
    } else {
      this.#rests.set(row, (this.#rests.get(row) ?? 0n) + unitsOf(x))
    }
  }

  /** The sum of a row. */
  at(row: number): ExactSum {
    const high = this.#parts[2 * row] as number
    return ExactSum.of(high, this.#parts[2 * row + 1] as number, this.#rests.get(row) ?? 0n)
  }
}

const partsOf = (first: number, second: number): readonly number[] =>
  second === 0 ? [first] : [first, second]

/** What rounding took from `a + b = sum`; NaN when the sum has overflowed. */
function lostIn(a: number, b: number, sum: number): number {
  const bRounded = sum - a
  return a - (sum - bRounded) + (b - bRounded)
}

const bits = new DataView(new ArrayBuffer(8))

/** A finite double as a whole number of the smallest unit. */
function unitsOf(x: number): bigint {
  bits.setFloat64(0, x)
  const exponent = (bits.getUint32(0) >>> 20) & 0x7ff
  const fraction = BigInt.asUintN(52, bits.getBigUint64(0))
  const magnitude = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1)
  return x < 0 ? -magnitude : magnitude
}

/** The double nearest to a whole number of the smallest unit. */
function numberOf(units: bigint): number {
  const magnitude = units < 0n ? -units : units
  const shift = Math.max(0, magnitude.toString(2).length - TOP_BITS)
  const top = magnitude >> BigInt(shift)
  const isCut = top << BigInt(shift) !== magnitude
  const rounded = Number(isCut ? top | 1n : top) * 2 ** (shift + UNIT_EXPONENT)
  return units < 0n ? -rounded : rounded
}
