import type { Random } from './random.ts'

/** `0000` to `ffff`. */
const HEX = Array.from({ length: 2 ** 16 }, (_, word) => word.toString(16).padStart(4, '0'))

/** A random UUID (version 4) in its usual spelling. */
export function uuid(random: Random): string {
  const a = random.word()
  const b = (random.word() & 0xffff0fff) | 0x4000
  const c = (random.word() & 0x3fffffff) | 0x80000000
  const d = random.word()
  return `${hex(a >>> 16)}${hex(a)}-${hex(b >>> 16)}-${hex(b)}-${hex(c >>> 16)}-${hex(c)}${hex(d >>> 16)}${hex(d)}`
}

/** The lower 16 bits. */
const hex = (word: number): string => HEX[word & 0xffff]!
