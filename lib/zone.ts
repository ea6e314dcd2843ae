import { SluiceError } from './errors.ts'

const DAY = 86_400_000

/** Offsets are looked up once a quarter of an hour: nearly all changes in history are on one. */
const QUARTER = 900_000

/** Most quarters of an hour whose offset a zone keeps at hand: some six weeks. */
const MOST_QUARTERS = 4_096

const WEEK = 7 * DAY

/** The years whose changes of clocks tell how long days can be. */
const FIRST_YEAR = Date.UTC(1900)
const LAST_YEAR = Date.UTC(2040)

/** A time zone, as the zone data of this Node.js know it. Days are numbered from 1970-01-01, which is 0. */
export interface Zone {
  readonly name: string
  /** What local clocks are ahead of UTC at an instant, in ms; negative west of Greenwich. */
  offsetAt(time: number): number
  /**
   * The instant at which local clocks show a time, given as if they were in UTC. Of two, where clocks go back, the first; of none, where they are put forward, as late after the
   * change as it would have been without.
   */
  instantOf(local: number): number
  /** The local day that an instant is in: the last one that has begun. Where clocks go back over midnight, the new day goes on. */
  dayOf(time: number): number
  /**
   * The first instant at which it is this local day or a later one: midnight; where clocks leave midnight out, the instant at which they are put
   * forward. A day that was left out begins and ends with the next.
   */
  startOfDay(day: number): number
  /** The longest that so many days following each other have been, in ms, or are known to become. */
  longest(days: number): number
}

/** Most zones at hand: names may come from events, and there are many ways to write one. */
const MOST_ZONES = 1_024

const zones = new Map<string, Zone>()

/**
 * A zone by its IANA name, such as `Europe/Berlin`.
 *
 * @throws SluiceError 'config' for a name that is none
 */
export function zoneOf(name: string): Zone {
  const known = zones.get(name)
  if (known) return known
  const zone = newZone(name)
  if (zones.size === MOST_ZONES) zones.clear()
  zones.set(name, zone)
  return zone
}

function newZone(name: string): Zone {
  const offsetAt = offsetsOf(name)
  let samples: readonly number[] | undefined

  const startOfDay = (day: number): number => {
    const midnight = day * DAY
    const before = offsetAt(midnight - DAY)
    const after = offsetAt(midnight + DAY)
    if (before === after) return midnight - before
    const change = changeBetween(midnight - DAY, midnight + DAY, offsetAt)
    return midnight - before < change ? midnight - before : Math.max(change, midnight - after)
  }

  return {
    name,
    offsetAt,
    startOfDay,

    instantOf(local) {
      const before = offsetAt(local - DAY)
      const after = offsetAt(local + DAY)
      const isAfter = offsetAt(local - before) !== before && offsetAt(local - after) === after
      return local - (isAfter ? after : before)
    },

    dayOf(time) {
      let day = Math.floor((time + offsetAt(time)) / DAY)
      while (startOfDay(day + 1) <= time) day++
      return day
    },

    longest(days) {
      samples ??= weeklyOffsets(offsetAt)
      return days * DAY + largestFall(samples, Math.ceil((days * DAY) / WEEK))
    },
  }
}

/** What the clocks of a zone are ahead of UTC, by instant; with the latest quarters of an hour at hand. */
function offsetsOf(name: string): (time: number) => number {
  const lookUp = offsetLookUp(name)
  const offsets = new Map<number, number>()
  let lastQuarter = NaN
  let lastOffset = 0

  return (time) => {
    const quarter = Math.floor(time / QUARTER)
    if (quarter === lastQuarter) return lastOffset
    let offset = offsets.get(quarter)
    if (offset === undefined) {
      offset = lookUp(quarter * QUARTER)
      // Local mean times end at odd instants
      if (lookUp((quarter + 1) * QUARTER - 1) !== offset) return lookUp(time)
      if (offsets.size === MOST_QUARTERS) offsets.clear()
      offsets.set(quarter, offset)
    }
    lastQuarter = quarter
    lastOffset = offset
    return offset
  }
}

function offsetLookUp(name: string): (time: number) => number {
  const format = formatOf(name)
  return (time) => {
    const [, sign, hours, minutes, seconds = 0] =
      /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(format.format(time)) ?? []
    if (sign === undefined) return 0
    const size = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000
    return sign === '-' ? -size : size
  }
}

function formatOf(name: string): Intl.DateTimeFormat {
  try {
    // of what is no name, Intl would make the zone of the machine
    if (typeof name !== 'string') throw new TypeError('no text')
    return new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  } catch (error) {
    throw new SluiceError(
      'config',
      `there is no time zone '${name}': take an IANA name such as 'Europe/Berlin'`,
      { cause: error },
    )
  }
}

/** The instant in between at which the offset changes. */
function changeBetween(from: number, to: number, offsetAt: (time: number) => number): number {
  const before = offsetAt(from)
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2)
    if (offsetAt(middle) === before) from = middle
    else to = middle
  }
  return to
}

const weeklyOffsets = (offsetAt: (time: number) => number): number[] =>
  Array.from({ length: Math.ceil((LAST_YEAR - FIRST_YEAR) / WEEK) }, (_, week) =>
    offsetAt(FIRST_YEAR + week * WEEK),
  )

/** How far clocks were put back, at most, within so many weeks. */
function largestFall(offsets: readonly number[], weeks: number): number {
  let largest = 0
  for (const [i, offset] of offsets.entries())
    for (const later of offsets.slice(i + 1, i + 1 + weeks))
      largest = Math.max(largest, offset - later)
  return largest
}
