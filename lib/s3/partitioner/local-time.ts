import type { Zone } from '../../zone.ts'

const MINUTE = 60_000
const YEARS_400 = 146_097 * 86_400_000

/** What a text says of a time. Months and days count from 1. */
export interface LocalTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
  /** What its clock is ahead of UTC, in ms; undefined where the text does not say. */
  readonly offset: number | undefined
}

/** The instant in ms since the epoch, by the clocks of a zone where the time has no offset of its own; undefined for a time that no clock shows. */
export function instantOf(time: LocalTime, zone: Zone): number | undefined {
  const { year, month, day, hour, minute, second, millisecond, offset } = time
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59)
    return undefined
  // `Date.UTC` takes the years to 99 for others: the calendar is the same 400 years on
  const later = Date.UTC(year + 400, month - 1, day, hour, minute, second, millisecond)
  if (new Date(later).getUTCDate() !== day) return undefined
  const local = later - YEARS_400
  return offset === undefined ? zone.instantOf(local) : local - offset
}

/** What a clock is ahead of UTC, in ms, by `Z`, `+02`, `+0200` or `+02:00`; NaN for anything else. */
export function offsetOf(text: string): number {
  if (/^z$/i.test(text)) return 0
  const [, sign, hours = 0, minutes = 0] =
    /^([+-])([01]\d|2[0-3])(?::?([0-5]\d))?$/.exec(text) ?? []
  if (sign === undefined) return NaN
  const size = (Number(hours) * 60 + Number(minutes)) * MINUTE
  return sign === '-' ? -size : size
}
