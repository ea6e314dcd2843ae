import { days, type Duration } from '../duration.ts'
import { zoneOf } from '../zone.ts'

/**
 * The end of the period that an instant lies in, where periods count from midnight on. One that local clocks turn back in is longer, one that they skip is left out.
 *
 * @param period divides a day
 * @param zone whose midnight; UTC without one
 */
export function periodEnd(time: number, period: Duration, zone?: string): number {
  if (zone === undefined) return nextMultiple(time, period)
  const clocks = zoneOf(zone)
  if (period === days(1)) return clocks.startOfDay(clocks.dayOf(time) + 1)
  const offset = clocks.offsetAt(time)
  const end = nextMultiple(time + offset, period)
  const shifted = end - clocks.offsetAt(end - offset)
  return shifted > time ? shifted : end - offset
}

const nextMultiple = (time: number, period: number): number =>
  (Math.floor(time / period) + 1) * period
