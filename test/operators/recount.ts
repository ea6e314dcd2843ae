import type { Window } from '../../operators/windows.ts'

/** An event of a lane's log. */
export interface Counted {
  readonly at: number
  readonly key: string
  readonly n: number
}

/** How windows lie, said anew by every test. */
export type WindowsOf = (time: number) => readonly Window[]

export interface RecountOptions {
  readonly windowsOf: WindowsOf
  readonly outOfOrder: number
  readonly allowedLateness: number
}

export interface Recounted {
  /** Results as JSON, by window, then key. */
  readonly results: string[]
  /** `<lane> <reason> <position>` of the events that are late for all of their windows. */
  readonly rejected: string[]
}

/** The windows of a hop: every start is tried. */
export const hops =
  (size: number, every: number): WindowsOf =>
  (time) => {
    const windows: Window[] = []
    for (let start = Math.floor((time - size) / every) * every; start <= time; start += every)
      if (time < start + size) windows.push({ start, end: start + size })
    return windows
  }

const QUARTER = 900_000

/** The local day, found by walking to where clocks show another date. Where clocks change on quarters of an hour and not back over midnight. */
export function localDays(zone: string): WindowsOf {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, dateStyle: 'short' })
  const known = new Map<number, Window[]>()
  const dayAt = (quarter: number): Window[] => {
    const date = format.format(quarter * QUARTER)
    let first = quarter
    while (format.format((first - 1) * QUARTER) === date) first--
    let end = quarter
    while (format.format(end * QUARTER) === date) end++
    return [{ start: first * QUARTER, end: end * QUARTER }]
  }
  return (time) => {
    const quarter = Math.floor(time / QUARTER)
    const windows = known.get(quarter) ?? dayAt(quarter)
    known.set(quarter, windows)
    return windows
  }
}

interface Total extends Window {
  readonly key: string
  events: number
  sum: number
}

/**
 * What is to come of several lanes' logs that are read in runs to the end: each event is put into every window that it is in time for, one by one, with
 * nothing of what is tested.
 */
export class Recount {
  readonly #options: RecountOptions
  readonly #highest: number[] = []
  /** Windows that earlier runs have closed. */
  #sealed = -Infinity

  constructor(options: RecountOptions) {
    this.#options = options
  }

  /** A run over what each lane has got since the last. */
  run(lanes: readonly (readonly Counted[])[]): Recounted {
    const { windowsOf, outOfOrder, allowedLateness } = this.#options
    const totals = new Map<string, Total>()
    const rejected: string[] = []
    for (const [lane, events] of lanes.entries())
      for (const [position, { at, key, n }] of events.entries()) {
        const watermark = Math.max((this.#highest[lane] ?? -Infinity) - outOfOrder, this.#sealed)
        this.#highest[lane] = Math.max(this.#highest[lane] ?? -Infinity, at)
        const all = windowsOf(at)
        const inTime = all.filter(
          ({ end }) => end > this.#sealed && end + allowedLateness > watermark,
        )
        if (inTime.length === 0) {
          const isClosed = all.every(({ end }) => end <= this.#sealed)
          rejected.push(`${lane} ${isClosed ? 'closed' : 'late'} ${position}`)
        }
        for (const { start, end } of inTime) {
          const id = JSON.stringify([start, end, key])
          const total = totals.get(id) ?? { key, start, end, events: 0, sum: 0 }
          totals.set(id, { ...total, events: total.events + 1, sum: total.sum + n })
        }
      }
    for (const { end } of totals.values()) this.#sealed = Math.max(this.#sealed, end)
    return { results: [...totals.values()].sort(byWindowAndKey).map(textOf), rejected }
  }
}

const byWindowAndKey = (a: Total, b: Total): number =>
  a.start - b.start || a.end - b.end || (a.key < b.key ? -1 : 1)

const textOf = ({ key, start, end, events, sum }: Total): string =>
  JSON.stringify({ key, window: { start, end }, events, sum })
