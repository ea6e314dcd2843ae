/** Every finite double is a whole multiple of 2^-1074. */
const SCALE = 1_074

const view = new DataView(new ArrayBuffer(8))

/** A finite number as a whole number of 2^-1074. */
export function exactly(value: number): bigint {
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xf_ffff_ffff_ffffn
  const magnitude =
    exponent === 0 ? fraction : (fraction | 0x10_0000_0000_0000n) << BigInt(exponent - 1)
  return bits >> 63n === 1n ? -magnitude : magnitude
}

/** The double that is nearest to so many 2^-1074; of two as near, the even one. */
export function nearest(exact: bigint): number {
  const magnitude = exact < 0n ? -exact : exact
  const drop = Math.max(0, magnitude.toString(2).length - 53)
  const rest = magnitude & ((1n << BigInt(drop)) - 1n)
  let kept = magnitude >> BigInt(drop)
  const half = drop === 0 ? 1n : 1n << BigInt(drop - 1)
  if (rest > half || (rest === half && drop > 0 && kept % 2n === 1n)) kept++
  const value = Number(kept) * 2 ** (drop - SCALE)
  return exact < 0n ? -value : value
}
