import type { Clock } from './clock.ts'
import { StoreError } from './ports.ts'

/** Makes one request when there is room for it; in the order in which they were asked for. */
export type Limit = <T>(request: () => Promise<T>) => Promise<T>

/** What is told of a limit that moves. */
export interface LimitEvents {
  /** A request was answered that there are too many. */
  throttled?(): void
  /** Fewer requests may be under way than ever since there could be as many as at first; or as many as at first again. */
  changed?(limit: number): void
}

/** What was sent before the limit moved is still answered for a while, in ms, and says nothing about the new one. */
const ROUND_TRIP = 1_000

/**
 * Bounds the requests under way to a store, and finds out how many it can take: half as many, never less than one, when it says that there are too many;
 * one more after a second in which it did not; either at most once a second. Additive increase and multiplicative decrease, which settles near what the
 * store can take and shares it fairly with other processes: Chiu and Jain, Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in
 * Computer Networks (1989).
 *
 * @param most requests under way at first, and never more
 */
export function adaptiveLimit(most: number, clock: Clock, events: LimitEvents = {}): Limit {
  const waiting: (() => void)[] = []
  let limit = most
  let lowest = most
  let underWay = 0
  let lowered = -Infinity
  let moved = -Infinity

  const admit = (): void => {
    while (underWay < limit && waiting.length > 0) {
      underWay++
      waiting.shift()?.()
    }
  }

  const move = (to: number): void => {
    limit = to
    moved = clock.now()
    if (limit < most && limit >= lowest) return
    lowest = limit
    events.changed?.(limit)
  }

  const lower = (): void => {
    events.throttled?.()
    if (limit === 1 || clock.now() - lowered < ROUND_TRIP) return
    lowered = clock.now()
    move(Math.floor(limit / 2))
  }

  const raise = (): void => {
    if (limit < most && clock.now() - moved >= ROUND_TRIP) move(limit + 1)
  }

  return async (request) => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve)
      admit()
    })
    try {
      const answer = await request()
      raise()
      return answer
    } catch (error) {
      if (error instanceof StoreError && error.throttled) lower()
      throw error
    } finally {
      underWay--
      admit()
    }
  }
}
