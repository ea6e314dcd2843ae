/** Where the runtime gets the wall clock and its waits from. Operators have neither. Tests hand in one that they move by hand. */
export interface Clock {
  /** Milliseconds since the epoch. It may jump; nothing's safety depends on it. */
  now(): number
  /** Resolves after `ms`, or rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Most ms that a timer takes: Node lets a longer one fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1

/** The machine's clock: with the virtual one in `testing.ts`, the only place that reads time or sets a timer. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      let timer: NodeJS.Timeout
      const stop = (): void => {
        clearTimeout(timer)
        reject(signal?.reason as Error)
      }
      const wait = (left: number): void => {
        timer = setTimeout(
          () => {
            if (left > LONGEST_TIMER) return wait(left - LONGEST_TIMER)
            signal?.removeEventListener('abort', stop)
            resolve()
          },
          Math.min(left, LONGEST_TIMER),
        )
      }
      wait(ms)
      signal?.addEventListener('abort', stop, { once: true })
    }),
}
