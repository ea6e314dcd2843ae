import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'

/** libuv's pool has four threads, which file systems and name look-ups need as well; with fewer processors more than these would only wait in memory. */
const THREADS = Math.min(4, availableParallelism())

const limit = pLimit(THREADS)
const underWay = new Set<Promise<unknown>>()

/**
 * Do something that keeps a thread of libuv's pool busy, such as compressing, as soon as one is free for it. First come, first served; what comes out is
 * in the order in which it gets done.
 */
export function onThread<T>(work: () => Promise<T>): Promise<T> {
  const done = limit(work)
  const settled = done.then(forget, forget)
  function forget(): void {
    underWay.delete(settled)
  }
  underWay.add(settled)
  return done
}

/** Resolves when no thread works any more for what has been asked by now; at once, and saying so, when none does. For a clock that stands still until nothing can go on. */
export async function threadsIdle(): Promise<boolean> {
  if (underWay.size === 0) return true
  await Promise.all(underWay)
  return false
}
