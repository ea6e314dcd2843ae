import type { Event } from './event.ts'

const HOUR = 3_600_000
const DIMENSIONS = ['country', 'device_type', 'action', 'page', 'category'] as const

/** What the events of one hour and one value of a dimension add up to. */
interface Total {
  count: number
  sum: number
  min: number
  max: number
  seconds: number
  /** By their numbers: a number is looked up much faster than a text that was just read. */
  readonly users: Set<number>
}

/** Of one hour: by dimension, then by value. */
type Window = readonly Map<string, Total>[]

/** Totals by hour of event time, dimension and value. */
export class Totals {
  readonly #windows = new Map<number, Window>()
  readonly #users = new Map<string, number>()
  #last: { readonly start: number; readonly window: Window } | undefined

  add(event: Event): void {
    const start = Math.floor(event.timestamp / HOUR) * HOUR
    const window = this.#last?.start === start ? this.#last.window : this.#windowAt(start)
    const user = this.#numberOf(event.user_id ?? 'unknown')
    for (let i = 0; i < DIMENSIONS.length; i++) {
      const value = event[DIMENSIONS[i]!]
      if (value === null || value === undefined) continue
      const totals = window[i]!
      const total = totals.get(value)
      if (total) addTo(total, event, user)
      else totals.set(value, first(event, user))
    }
  }

  /** The rows of the hours that end at or before a time; they are forgotten. */
  take(time: number): object[] {
    const rows: object[] = []
    for (const [start, window] of this.#windows) {
      if (start + HOUR > time) continue
      rows.push(...window.flatMap((totals, i) => rowsOf(start, DIMENSIONS[i]!, totals)))
      this.#windows.delete(start)
      this.#last = undefined
    }
    return rows
  }

  #numberOf(user: string): number {
    let number = this.#users.get(user)
    if (number === undefined) this.#users.set(user, (number = this.#users.size))
    return number
  }

  #windowAt(start: number): Window {
    let window = this.#windows.get(start)
    if (!window) this.#windows.set(start, (window = DIMENSIONS.map(() => new Map())))
    this.#last = { start, window }
    return window
  }
}

const first = ({ value, session_duration }: Event, user: number): Total => ({
  count: 1,
  sum: value,
  min: value,
  max: value,
  seconds: session_duration,
  users: new Set([user]),
})

function addTo(total: Total, { value, session_duration }: Event, user: number): void {
  total.count++
  total.sum += value
  if (value < total.min) total.min = value
  if (value > total.max) total.max = value
  total.seconds += session_duration
  total.users.add(user)
}

const rowsOf = (start: number, dimension: string, totals: ReadonlyMap<string, Total>): object[] =>
  Array.from(totals, ([value, { count, sum, min, max, seconds, users }]) => {
    const window = new Date(start).toISOString()
    return {
      key: `${window.slice(0, 'YYYY-MM-DDTHH'.length)}::${dimension}:${value}`,
      window,
      dimension,
      value,
      count,
      sum,
      min,
      max,
      mean_session_duration: seconds / count,
      unique_users: users.size,
    }
  })
