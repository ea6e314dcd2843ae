import type { Clock } from './clock.ts'
import { StoreError } from './ports.ts'

/**
 * Makes one request when there is room for it: each of those who ask in their turn, and what each asks for in its order.
 *
 * @param who asks; whoever does not say so may take every place
 */
export type Limit = <T>(request: () => Promise<T>, who?: string) => Promise<T>

/** What is told of a limit that moves. */
export interface LimitEvents {
  /** A request was answered that there are too many. */
  throttled?(): void
  /** Fewer requests may be under way than ever since there could be as many as at first; or as many as at first again. */
  changed?(limit: number): void
}

const NOBODY = ''

/**
 * One of those who ask has at most so many times as many requests under way as there is room left (Choudhury and Hahne, Dynamic Queue Length Thresholds for
 * Shared-Memory Packet Switches, 1998), and a place is kept for each of the others that has none, up to a quarter of all: a lane whose requests take long takes places from nobody.
 */
const OF_ROOM = 2
const MOST_KEPT = 1 / 4

/** Who has not asked for so long, in ms, is kept no place. */
const FORGOTTEN = 60_000

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
  /** Everybody who ever asked, those whose turn it is first. */
  const askers = new Map<string, Asker>()
  let limit = most
  let lowest = most
  let underWay = 0
  let lowered = -Infinity
  let moved = -Infinity

  const mayHaveMore = (who: string, { underWay: own }: Asker): boolean => {
    if (own === 0 || who === NOBODY) return true
    const room = limit - underWay
    const resting = [...askers.values()].filter((other) => other.underWay === 0).length
    return room > Math.min(resting, limit * MOST_KEPT) && own < OF_ROOM * room
  }

  const admit = (): void => {
    while (underWay < limit) {
      const next = [...askers].find(
        ([who, asker]) => asker.waiting.length > 0 && mayHaveMore(who, asker),
      )
      if (!next) return
      const [who, asker] = next
      askers.delete(who)
      askers.set(who, asker)
      underWay++
      asker.underWay++
      asker.waiting.shift()?.()
    }
  }

  const askerOf = (who: string): Asker => {
    const now = clock.now()
    for (const [other, { underWay: own, waiting, asked }] of askers)
      if (own + waiting.length === 0 && now - asked > FORGOTTEN) askers.delete(other)
    const asker = askers.get(who) ?? { waiting: [], underWay: 0, asked: now }
    asker.asked = now
    askers.set(who, asker)
    return asker
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

  return async (request, who = NOBODY) => {
    const asker = askerOf(who)
    await new Promise<void>((resolve) => {
      asker.waiting.push(resolve)
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
      asker.underWay--
      admit()
    }
  }
}

interface Asker {
  readonly waiting: (() => void)[]
  underWay: number
  /** When it last did. */
  asked: number
}
