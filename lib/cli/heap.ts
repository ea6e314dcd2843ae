import { SluiceError } from '../errors.ts'
import { readBytes, showBytes } from '../options.ts'

const MB = 1024 ** 2

/** What a pipeline's process may take unless said otherwise, as the operating system shows it. */
export const DEFAULT_MEMORY = 256 * MB

/** What a pipeline at work takes besides the data that it is charged for: Node, code, young objects and garbage. Measured. */
const WORKING = 220 * MB

/** What a byte of data takes: more than one, since some of it waits for its collection. Measured. */
const SPREAD = 1.2

const LEAST_BUDGET = 16 * MB
const LEAST_MEMORY = Math.ceil((WORKING + LEAST_BUDGET * SPREAD) / MB) * MB

/** One part in so many of all memory is a semi-space, of which V8 has up to three. */
const SEMI_SPACES = 32
const LARGEST_SEMI_SPACE = 32

/** By how many percent the old generation may grow before it is collected, for each MB of a semi-space. */
const GROWTH = 6

/**
 * Bytes of data that a pipeline may hold in a process of `memory` bytes.
 *
 * @throws SluiceError 'config' when nothing would be left for data
 */
export function dataBudget(memory: number): number {
  if (memory >= LEAST_MEMORY) return Math.floor((memory - WORKING) / SPREAD)
  throw new SluiceError(
    'config',
    `--memory ${showBytes(memory)} is too small: a pipeline takes at least ${showBytes(LEAST_MEMORY)}`,
  )
}

/**
 * Flags for V8 that keep the process of a command line within its `--memory`; none for commands that have no such option, or a wrong value for it,
 * which whoever reads options will say.
 *
 * A limit of the old generation does not do it: in a small heap V8 then collects after every few MB, which takes half of the time. What holds
 * the process down at the least cost are small young generations and a say in how far the old one grows.
 */
export function heapFlags(words: readonly string[]): string[] {
  if (words[0] !== 'run') return []
  const memory = memoryOf(words)
  if (memory === undefined || memory < LEAST_MEMORY) return []
  const semiSpace = Math.min(LARGEST_SEMI_SPACE, Math.floor(memory / MB / SEMI_SPACES))
  return [
    `--max-semi-space-size=${semiSpace}`,
    `--heap-growing-percent=${semiSpace * GROWTH}`,
    `--max-old-space-size=${Math.floor(memory / MB)}`,
  ]
}

function memoryOf(words: readonly string[]): number | undefined {
  const at = words.findLastIndex((word) => /^--memory(=|$)/.test(word))
  if (at < 0) return DEFAULT_MEMORY
  try {
    return readBytes(words[at]!.split('=')[1] ?? words[at + 1] ?? '')
  } catch {
    return undefined
  }
}
