import { type Duration } from '../../duration.ts'
import { SluiceError } from '../../errors.ts'
import type { Message } from '../../message.ts'
import { type Zone, zoneOf } from '../../zone.ts'
import { goingBy, type Partitioner } from './partitioner.ts'
import { remembered } from './remembered.ts'
import { type TimeBy, timeOfMessage } from './time-of-message.ts'
import { type TimePath, timePath } from './time-path.ts'

export interface TimeOptions<T> {
  /** Which time. Default: `'event'`, which `eventTime(…)` has set. */
  readonly by?: TimeBy<T>
  /** The time zone of the folders, and of texts that say none: an IANA name, or a function that gives one for each message. Default: `'UTC'`. */
  readonly zone?: string | ((message: Message<T>) => string)
}

export interface ByTimeOptions<T> extends TimeOptions<T> {
  /** How much time a folder holds, counted from local midnight of 1970: times are rounded down to it. Default: what the pattern tells apart. */
  readonly duration?: Duration
  /** The language of the names of months and days: a tag such as `de`. Default: `'en-US'`. */
  readonly locale?: string
}

/** The largest time that a `Date` holds, in ms, either way from 1970, less a year in which days can be counted. */
const MAX_TIME = 8.64e15 - 366 * 86_400_000

/**
 * Folders called after the time of a message, by a pattern in the letters of Kafka Connect's `path.format`: `year=YYYY/month=MM/day=dd/hour=HH`.
 *
 * @throws SluiceError 'config' for a pattern, zone, language or duration that is none, when it is built
 * @throws TypeError for a message without such a time, or in a zone that there is not; the sink rejects that message
 */
export function byTime<T>(
  pattern: string,
  { by = 'event', zone = 'UTC', duration, locale = 'en-US' }: ByTimeOptions<T> = {},
): Partitioner<T> {
  const path = timePath(pattern, locale)
  const step = duration === undefined ? path.step : checked(duration)
  const timeOf = timeOfMessage(by, locale)
  const placeIn = remembered((name: string) => newPlace(zoneOf(name), path, step))
  const placeOf =
    typeof zone === 'string'
      ? always(placeIn(zone))
      : (message: Message<T>) => placeIn(zone(message))

  const folderOf: Partitioner<T> = (message, tick) => {
    const place = placeOf(message)
    const time = timeOf(message, tick, place.zone)
    return typeof time === 'string' ? time : place.folderOf(time)
  }
  if (by === 'event') return goingBy(folderOf, 'event time')
  return by === 'record' ? goingBy(folderOf, 'record') : folderOf
}

/** `year=YYYY/month=MM/day=dd/hour=HH`. */
export const hourly = <T>(options: TimeOptions<T> = {}): Partitioner<T> =>
  byTime('year=YYYY/month=MM/day=dd/hour=HH', options)

/** `year=YYYY/month=MM/day=dd`. */
export const daily = <T>(options: TimeOptions<T> = {}): Partitioner<T> =>
  byTime('year=YYYY/month=MM/day=dd', options)

/** The folders of a zone. */
interface Place {
  readonly zone: Zone
  folderOf(time: number): string
}

function newPlace(zone: Zone, path: TimePath, step: Duration): Place {
  const foldersAt = remembered((offset: number) =>
    remembered((slot: number) => {
      const local = new Date(slot * step)
      if (Number.isNaN(local.getTime())) throw outOfRange(slot * step)
      return path.folderOf({ local, offset, zone: zone.name })
    }),
  )
  return {
    zone,
    folderOf(time) {
      if (!(Math.abs(time) <= MAX_TIME)) throw outOfRange(time)
      const offset = zone.offsetAt(time)
      return foldersAt(offset)(Math.floor((time + offset) / step))
    },
  }
}

const outOfRange = (time: number): TypeError =>
  new TypeError(`a time out of range: ${time} ms since 1970`)

const always =
  <V>(value: V) =>
  (): V =>
    value

function checked(duration: Duration): Duration {
  if (Number.isSafeInteger(duration) && duration > 0) return duration
  throw new SluiceError(
    'config',
    `duration of byTime must be whole milliseconds above zero, such as minutes(1), not ${duration}`,
  )
}
