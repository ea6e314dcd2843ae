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

/** What a process takes beside V8's old generation: Node itself, code, young objects, buffers. Measured. */
const OUTSIDE = 120 * MB

/**
 * How V8 may spend memory to collect garbage less often: megabytes of a semi-space, of which there are up to three, and by how many percent the old
 * generation, with the buffers that hang on it, may grow before it is collected.
 */
const TIGHT = { semiSpace: 8, growth: 48 }
const ROOMY = { semiSpace: 16, growth: 400 }

/** From here on, in bytes, nothing is gained by more room. Up to the default memory it is tight. */
const ROOMY_FROM = 344 * MB

/** Bytes that the allocator keeps of what was freed, and the largest block that it keeps. */
const KEPT = { tight: 128 * 1024, roomy: 32 * MB }

/** What room for garbage takes of memory at the most. Measured. */
const GARBAGE = 50 * MB

/** How much of that room there is, from 0 to 1. */
const roomOf = (memory: number): number =>
  Math.min(1, Math.max(0, (memory - DEFAULT_MEMORY) / (ROOMY_FROM - DEFAULT_MEMORY)))

/**
 * Bytes of data that a pipeline may hold in a process of `memory` bytes.
 *
 * @throws SluiceError 'config' when nothing would be left for data
 */
export function dataBudget(memory: number): number {
  if (memory >= LEAST_MEMORY)
    return Math.floor((memory - WORKING - GARBAGE * roomOf(memory)) / SPREAD)
  throw new SluiceError(
    'config',
    `--memory ${showBytes(memory)} is too small: a pipeline takes at least ${showBytes(LEAST_MEMORY)}`,
  )
}

/** What a process takes that only looks after others. Measured. */
const PARENT = 100 * MB

/**
 * What each of several processes may take, given what all may together: as much as one alone, unless that is said.
 *
 * @throws SluiceError 'config' when that is too little for so many
 */
export function memoryOfEach(memory: number | undefined, processes: number): number {
  if (memory === undefined) return DEFAULT_MEMORY
  const each = Math.floor((memory - PARENT) / processes)
  if (each >= LEAST_MEMORY) return each
  throw new SluiceError(
    'config',
    `--memory ${showBytes(memory)} is too small for --processes ${processes}: together they take at least ${showBytes(PARENT + processes * LEAST_MEMORY)}`,
  )
}

/**
 * Flags for V8 that keep the process of a command line within its `--memory`; none for commands that have no such option, or a wrong value for it,
 * which whoever reads options will say.
 *
 * A limit of the old generation does not do it: in a small heap V8 then collects after every few MB, which takes half of the time. What holds
 * the process down at the least cost are small young generations and a say in how far the old one grows. Room is worth more here than as a budget for data:
 * with 340 MB a pipeline takes a third less CPU than with 256.
 */
export function heapFlags(words: readonly string[]): string[] {
  if (words[0] !== 'run') return []
  const memory = memoryOf(words)
  if (memory === undefined || memory < LEAST_MEMORY) return []
  // squared: what grows with the room is itself a factor of what the data take
  const room = roomOf(memory) ** 2
  const between = (tight: number, roomy: number): number =>
    Math.floor(tight + room * (roomy - tight))
  return [
    `--max-semi-space-size=${between(TIGHT.semiSpace, ROOMY.semiSpace)}`,
    `--heap-growing-percent=${between(TIGHT.growth, ROOMY.growth)}`,
    `--max-old-space-size=${Math.floor((memory - OUTSIDE) / MB)}`,
    // so small a young generation is collected before helpers have woken: alone it takes 3 % less CPU
    '--no-parallel-scavenge',
  ]
}

/**
 * Environment variables for the allocator of glibc, for the process of a command line; elsewhere they mean nothing. It gives every thread a heap of its own,
 * where what is free is of no use to others, and keeps what was freed. Without this a pipeline takes 40 MB more. But what goes back to the operating system is
 * asked of it again, page by page: where there is room, keeping some of it takes 6 % less CPU.
 */
export function allocatorSettings(words: readonly string[]): Record<string, string> {
  const keeps = (memoryOf(words) ?? 0) >= ROOMY_FROM ? KEPT.roomy : KEPT.tight
  return {
    MALLOC_ARENA_MAX: '1',
    MALLOC_MMAP_THRESHOLD_: String(keeps),
    MALLOC_TRIM_THRESHOLD_: String(keeps),
  }
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
