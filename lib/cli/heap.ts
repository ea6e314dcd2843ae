import { SluiceError } from '../errors.ts'
import { readBytes, showBytes } from '../options.ts'

const MB = 1024 ** 2

/** What a pipeline's process may take unless said otherwise, as the operating system shows it. */
export const DEFAULT_MEMORY = 256 * MB

/** What a pipeline at work takes besides the data that it is charged for: Node, code, young objects and garbage. Measured. */
const WORKING = 204 * MB

/** What a byte of data takes: more than one, since some of it waits for its collection. Measured. */
const SPREAD = 1.2

const LEAST_BUDGET = 16 * MB
const LEAST_MEMORY = Math.ceil((WORKING + LEAST_BUDGET * SPREAD) / MB) * MB

/** What no heap holds: Node itself, and what it allocates in C++. */
const OUTSIDE = 40 * MB

/** Smaller ones cost more time than they save memory. */
const SEMI_SPACE = 8 * MB

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
 * which whoever reads options will say. The limit of the old generation counts buffers too, so it decides how much garbage there is.
 */
export function heapFlags(words: readonly string[]): string[] {
  if (words[0] !== 'run') return []
  const memory = memoryOf(words)
  if (memory === undefined || memory < LEAST_MEMORY) return []
  const old = Math.floor((memory - OUTSIDE) / MB)
  return [`--max-semi-space-size=${SEMI_SPACE / MB}`, `--max-old-space-size=${old}`]
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
