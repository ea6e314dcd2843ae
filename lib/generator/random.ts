/** Numbers that look random and are the same for the same seed on every machine. */
export interface Random {
  /** A whole number of 32 bits, from 0. */
  readonly word: () => number
  /** A whole number from 0 up to, and without, `n`; `n` is 2^32 at most. */
  readonly below: (n: number) => number
}

const WORDS = 2 ** 32

/** Numbers drawn before the first one that is handed out: until then, seeds that are alike give numbers that are alike. */
const WARM_UP = 16

/** sfc32, by Chris Doty-Humphrey. */
export function seededRandom(seed: number): Random {
  let a = seed | 0
  let b = Math.floor(seed / WORDS) | 0
  let c = 0x9e3779b9 | 0
  let counter = 1

  const word = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  const below = (n: number): number => Math.floor((word() / WORDS) * n)

  for (let i = 0; i < WARM_UP; i++) word()
  return { word, below }
}
