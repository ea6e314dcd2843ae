import type { Zone } from '../../zone.ts'

const MINUTE = 60_000

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
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!exists || hour > 23 || minute > 59 || second > 59) return undefined
  const local = date.setUTCHours(hour, minute, second, millisecond)
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
