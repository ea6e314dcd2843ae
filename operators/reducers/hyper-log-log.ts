const PRECISION = 16
const REGISTERS = 1 << PRECISION
/** Bits of a hash that are left for the rank; ranks are 1 to one more than this. */
const RANK_BITS = 64 - PRECISION

/** Written: a byte above this is a run of zeros, any other byte is a register. */
const LAST_RANK = 63
const LONGEST_RUN = 255 - LAST_RANK

/**
 * Estimates how many different 64-bit hashes it was given, in 64 KiB however many there are. Standard error 0.41 %; an error of 2 % is five times
 * that. The estimator is that of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), section 4: without bias
 * from none to all registers full, and without tables.
 */
export class HyperLogLog {
  readonly #ranks = new Uint8Array(REGISTERS)

  add(high: number, low: number): void {
    const register = high >>> (32 - PRECISION)
    const rest = high << PRECISION
    const zeros = rest !== 0 ? Math.clz32(rest) : 32 - PRECISION + Math.clz32(low)
    const rank = zeros + 1
    if (rank > (this.#ranks[register] as number)) this.#ranks[register] = rank
  }

  /** Add all that another one was given. */
  merge(other: HyperLogLog): void {
    other.#ranks.forEach((rank, register) => {
      if (rank > (this.#ranks[register] as number)) this.#ranks[register] = rank
    })
  }

  get estimate(): number {
    const counts = Array.from({ length: RANK_BITS + 2 }, () => 0)
    for (const rank of this.#ranks) (counts[rank] as number)++
    const share = (rank: number): number => (counts[rank] as number) / REGISTERS
    let z = tau(1 - share(RANK_BITS + 1))
    for (let rank = RANK_BITS; rank >= 1; rank--) z = (z + share(rank)) / 2
    z += sigma(share(0))
    return REGISTERS / (2 * Math.LN2 * z)
  }

  write(): Buffer {
    const written = Buffer.allocUnsafe(REGISTERS)
    let length = 0
    let zeros = 0
    const endRun = (): void => {
      if (zeros > 0) written[length++] = LAST_RANK + zeros
      zeros = 0
    }
    for (const rank of this.#ranks) {
      if (rank === 0) {
        if (++zeros === LONGEST_RUN) endRun()
      } else {
        endRun()
        written[length++] = rank
      }
    }
    endRun()
    return written.subarray(0, length)
  }

  static read(bytes: Buffer): HyperLogLog {
    const sketch = new HyperLogLog()
    let register = 0
    for (const byte of bytes)
      if (byte > LAST_RANK) register += byte - LAST_RANK
      else sketch.#ranks[register++] = byte
    return sketch
  }
}

/** Ertl's correction for registers that are still zero. */
function sigma(share: number): number {
  if (share === 1) return Infinity
  let x = share
  let sum = share
  for (let weight = 1, before = NaN; sum !== before; weight *= 2) {
    before = sum
    x *= x
    sum += x * weight
  }
  return sum
}

/** Ertl's correction for registers that can rise no more. */
function tau(share: number): number {
  if (share === 0 || share === 1) return 0
  let x = share
  let sum = 1 - share
  for (let weight = 0.5, before = NaN; sum !== before; weight /= 2) {
    before = sum
    x = Math.sqrt(x)
    sum -= (1 - x) ** 2 * weight
  }
  return sum / 3
}
