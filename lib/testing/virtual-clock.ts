import type { Clock } from '../clock.ts'
import { days, type Duration } from '../duration.ts'
import { threadsIdle } from '../thread-pool.ts'

interface Timer {
  readonly due: number
  fire(): void
}

/** A clock that stands still until it is told to go on, and then jumps from one sleeper to the next. */
export interface VirtualClock extends Clock {
  /** Let everything go on that does not wait for time. */
  settle(): Promise<void>
  /** Move time on by `ms`. Sleepers wake in the order of their times, and what each sets off is over before the next one wakes. */
  advance(ms: Duration): Promise<void>
  /**
   * Move time on, from sleeper to sleeper, until `work` is over; resolves or rejects as it does.
   *
   * @param within most ms that may pass: 1 day unless said otherwise
   * @throws Error when nothing waits for time any more and the work is not over, or when it takes longer than `within`
   */
  run<T>(work: Promise<T>, within?: Duration): Promise<T>
}

/**
 * A clock for tests. Between two wakings everything happens that can without time going on, compression on its threads included; for that, what is tested
 * may do nothing outside the process (files, sockets), as is so with the ports in memory.
 *
 * @param start a time that `Date.parse` knows, or ms since the epoch
 */
export function virtualClock(start: string | number = '2024-01-01T12:00:00Z'): VirtualClock {
  let now = typeof start === 'number' ? start : Date.parse(start)
  const timers = new Set<Timer>()

  /** The first of those that are due first. */
  const earliest = (): Timer | undefined => {
    let first: Timer | undefined
    for (const timer of timers) if (!first || timer.due < first.due) first = timer
    return first
  }

  const wake = (timer: Timer): void => {
    now = Math.max(now, timer.due)
    timers.delete(timer)
    timer.fire()
  }

  return {
    now: () => now,

    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error)
        const stop = (): void => {
          timers.delete(timer)
          reject(signal?.reason as Error)
        }
        const timer: Timer = {
          due: now + Math.max(0, ms),
          fire: () => {
            signal?.removeEventListener('abort', stop)
            resolve()
          },
        }
        timers.add(timer)
        signal?.addEventListener('abort', stop, { once: true })
      }),

    settle,

    async advance(ms) {
      const until = now + ms
      await settle()
      for (let next = earliest(); next && next.due <= until; next = earliest()) {
        wake(next)
        await settle()
      }
      now = until
    },

    async run(work, within = days(1)) {
      const until = now + within
      let over = false
      const end = (): void => void (over = true)
      work.then(end, end)
      for (;;) {
        await settle()
        if (over) return work
        const next = earliest()
        if (!next) throw new Error('stalled: the work is not over, and nothing waits for time')
        if (next.due > until) throw new Error(`stalled: the work is not over after ${within} ms`)
        wake(next)
      }
    },
  }
}

/** All promises and streams have gone as far as they can when the event loop comes round, and no thread works for them. */
async function settle(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve))
  while (!(await threadsIdle()))
}
