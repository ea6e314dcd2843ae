import { nearest } from './exact-sum.ts'
import type { ExpectedAggregate } from './expectation.ts'
import { type BucketObject, type Complaints, hourFolder } from './world.ts'

/** Up to here users must be counted exactly, above it within 2 %. */
const EXACT_USERS = 1_000
const TOLERANCE = 0.02

type Row = Readonly<Record<string, unknown>>

/** Compares the aggregates with those of the log: one row a key and window, every number to its last digit. */
export class AggregateCheck {
  readonly #seen = new Set<string>()
  readonly #complaints: Complaints

  constructor(complaints: Complaints) {
    this.#complaints = complaints
  }

  take({ key, bytes }: BucketObject, expected: ReadonlyMap<string, ExpectedAggregate>): void {
    let rows: Row[]
    try {
      const parsed: unknown = JSON.parse(bytes.toString())
      if (!Array.isArray(parsed)) throw new Error('not a JSON array')
      rows = parsed as Row[]
    } catch (error) {
      return this.#complaints.add(`${key}: ${(error as Error).message}`)
    }
    for (const row of rows) this.#row(key, row, expected)
  }

  finish(expected: ReadonlyMap<string, ExpectedAggregate>): void {
    for (const [key, { count }] of expected)
      if (!this.#seen.has(key)) this.#complaints.add(`aggregate ${key}: missing (${count} events)`)
  }

  #row(object: string, row: Row, expected: ReadonlyMap<string, ExpectedAggregate>): void {
    const key = String(row['key'])
    const complain = (what: string): void => this.#complaints.add(`${object}: ${key} ${what}`)
    if (this.#seen.has(key)) complain('is there twice')
    this.#seen.add(key)
    const total = expected.get(key)
    if (!total) return complain('is no key of the log')
    if (!object.startsWith(`aggregates/${hourFolder(total.start)}/`))
      complain('is in the wrong folder')
    const users = total.users.size
    const wanted: Row = {
      key,
      window: new Date(total.start).toISOString(),
      dimension: total.dimension,
      value: total.value,
      count: total.count,
      sum: nearest(total.sum),
      min: total.min,
      max: total.max,
      mean_session_duration: nearest(total.sessions) / total.count,
      unique_users: isNear(row['unique_users'], users) ? row['unique_users'] : users,
    }
    if (JSON.stringify(row) !== JSON.stringify(wanted))
      complain(`is ${JSON.stringify(row)}, and has to be ${JSON.stringify(wanted)}`)
  }
}

const isNear = (told: unknown, users: number): boolean =>
  users > EXACT_USERS &&
  Number.isInteger(told) &&
  Math.abs((told as number) - users) <= users * TOLERANCE
