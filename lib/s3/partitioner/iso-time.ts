import type { Zone } from '../../zone.ts'
import { instantOf, offsetOf } from './local-time.ts'

const ISO =
  /^(\d{4})(-?)(\d\d)\2(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/i

/**
 * A time in ISO 8601, `2022-10-23T16:07:05.123+02:00`, in ms since the epoch, rounded down; undefined for any other text. Whatever comes after the day may be left out,
 * as may be hyphens and colons; a time without a zone is one in `zone`.
 */
export function readIso(text: string, zone: Zone): number | undefined {
  const match = ISO.exec(text)
  if (!match) return undefined
  const [, year, , month, day, hour = 0, minute = 0, second = 0, fraction = '', offset] = match
  return instantOf(
    {
      year: Number(year),
      month: Number(month),
      day: Number(day),
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second),
      millisecond: Number(fraction.padEnd(3, '0').slice(0, 3)),
      offset: offset === undefined ? undefined : offsetOf(offset),
    },
    zone,
  )
}
