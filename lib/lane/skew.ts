import type { UpstreamPosition } from '../commit/record.ts'
import { type Duration, hours } from '../duration.ts'
import { reached } from './claim.ts'

/** How far lanes may be apart at least, in ms of event time, however short windows are. */
const LEAST: Duration = hours(1)

/** What is known of an exchange: its name, and the longest span, in ms of event time, that an event counts in. */
interface Spanning {
  readonly id: string
  readonly spans: Duration
}

/**
 * Whether an upstream lane is so far ahead of the slowest one that what it has committed next can wait, in its chain: no window that it belongs to is over
 * before the others have come near. So a merging lane holds totals of twice the longest window and of one more record of each lane, however far the lanes
 * are apart in event time. The slowest never waits, and neither does one that nothing waits for any more.
 *
 * @param all every upstream lane, this one included
 * @param run the number of the finite run, in which whoever has ended holds nobody up
 */
export function isFarAhead(
  lane: UpstreamPosition,
  all: readonly UpstreamPosition[],
  exchanges: readonly Spanning[],
  run: number | undefined,
): boolean {
  if (lane.left) return false
  const others = all.filter(({ ended = 0 }) => run === undefined || ended < run)
  return exchanges.some(({ id, spans }) => {
    const slowest = reached(id, [lane, ...others])
    return reached(id, [lane]) > slowest + Math.max(LEAST, 2 * spans)
  })
}
