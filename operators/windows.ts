import { checkKnown } from '../lib/argument-check.ts'
import { checkDuration, days, type Duration } from '../lib/duration.ts'
import { SluiceError } from '../lib/errors.ts'
import { zoneOf } from '../lib/zone.ts'

/** A half-open span of event time, `[start, end)`, in ms since the epoch. */
export interface Window {
  readonly start: number
  readonly end: number
}

/** A span of event time whose events are all in the same windows. */
export interface Pane extends Window {
  /** By their starts, and so by their ends; at least one. */
  readonly windows: readonly Window[]
  /** How its windows are found again from its start, where it is not itself the only one. */
  readonly layout: Layout | undefined
}

/** How windows lie, as JSON. */
export interface Layout {
  readonly size: Duration
  readonly every: Duration
  readonly zone?: string
}

/** Which windows an event time belongs to. */
export interface Assigner {
  readonly layout: Layout
  /** Length of the longest window, in ms. */
  readonly longest: Duration
  readonly paneOf: (time: number) => Pane
}

export interface TumblingOptions {
  /** IANA name of the time zone whose days windows are made of. `size` is whole days then. Default: windows are aligned to UTC. */
  zone?: string
}

export interface HoppingOptions {
  /** Length of a window. */
  size: Duration
  /** From the start of a window to the start of the next; at most `size`, so that no event is in none. */
  every: Duration
  /** IANA name of the time zone whose days windows are made of. `size` and `every` are whole days then. Default: windows are aligned to UTC. */
  zone?: string
}

/** Most windows that an event may be in: a day's, with one a minute. */
const MOST_WINDOWS = 1_440

/** Most panes at hand: events come about in order. */
const MOST_PANES = 8

const DAY = days(1)

/**
 * Windows that touch and never overlap, aligned to 1970-01-01T00:00 in UTC, or in `zone`. There a day is what the calendar calls so: it has 23 hours when
 * clocks are put forward and 25 when they are put back, and where clocks leave midnight out it begins at the instant when they are put forward.
 */
export function tumbling(size: Duration, options: TumblingOptions = {}): Assigner {
  checkKnown('tumbling', options, { zone: true })
  const { zone } = options
  checkDuration('size of tumbling', size, 1)
  return assigner('tumbling', { size, every: size, ...(zone !== undefined && { zone }) })
}

/**
 * Windows of one size that begin every so often, and so overlap: an event is in `size / every` of them, and added up once. Aligned as those of
 * `tumbling` are. `size` need not be a multiple of `every`.
 */
export function hopping(options: HoppingOptions): Assigner {
  checkKnown('hopping', options, { size: true, every: true, zone: true })
  const { size, every, zone } = options
  checkDuration('size of hopping', size, 1)
  checkDuration('every of hopping', every, 1)
  if (every > size)
    throw new SluiceError(
      'config',
      `every of hopping (${every} ms) is above its size (${size} ms): events in between would be in no window`,
    )
  if (size / every > MOST_WINDOWS)
    throw new SluiceError(
      'config',
      `hopping would put every event into ${Math.ceil(size / every)} windows, and ${MOST_WINDOWS} are the most: make size shorter or every longer`,
    )
  return assigner('hopping', { size, every, ...(zone !== undefined && { zone }) })
}

/** The windows of a layout. */
export const assignerOf = (layout: Layout): Assigner => assigner('a layout', layout)

/** Windows are laid out on a scale that is even: UTC, or the days of a zone. */
interface Scale {
  readonly placeOf: (time: number) => number
  readonly timeOf: (place: number) => number
}

const utc: Scale = { placeOf: (time) => time, timeOf: (place) => place }

function assigner(name: string, layout: Layout): Assigner {
  const { size, every, zone } = layout
  const unit = zone === undefined ? 1 : DAY
  for (const [option, length] of Object.entries({ size, every }))
    if (length % unit !== 0)
      throw new SluiceError(
        'config',
        `${option} of ${name} must be whole ${unit === 1 ? 'milliseconds' : 'days where it has a zone'}, not ${length} ms`,
      )
  const scale = zone === undefined ? utc : daysOf(zone)
  return {
    layout,
    longest: zone === undefined ? size : zoneOf(zone).longest(size / DAY),
    paneOf: remembering((time) => paneAt(time, layout, scale)),
  }
}

function daysOf(name: string): Scale {
  const zone = zoneOf(name)
  return {
    placeOf: (time) => zone.dayOf(time) * DAY,
    timeOf: (place) => zone.startOfDay(place / DAY),
  }
}

/** Windows begin at multiples of `every`, and end so far after one as `size` is after its last multiple: panes lie between these places. */
function paneAt(time: number, layout: Layout, { placeOf, timeOf }: Scale): Pane {
  const { size, every } = layout
  const place = placeOf(time)
  const start = Math.floor(place / every) * every
  const middle = start + (size % every)
  const [from, to] = place < middle ? [start, middle] : [middle, start + every]
  const windows: Window[] = []
  for (let first = start; first + size >= to; first -= every)
    windows.unshift({ start: timeOf(first), end: timeOf(first + size) })
  return {
    start: timeOf(from),
    end: timeOf(to),
    windows,
    layout: size === every ? undefined : layout,
  }
}

/** The same, with the latest panes at hand. */
function remembering(paneAt: (time: number) => Pane): (time: number) => Pane {
  const panes: Pane[] = []
  let last: Pane | undefined
  return (time) => {
    if (last && last.start <= time && time < last.end) return last
    last = panes.find(({ start, end }) => start <= time && time < end)
    if (last) return last
    if (panes.length === MOST_PANES) panes.shift()
    panes.push((last = paneAt(time)))
    return last
  }
}
