import type { ExpectedReject, Rejection } from './expectation.ts'
import { linesOf } from './json-rows.ts'
import { type BucketObject, type Complaints, hourFolder } from './world.ts'

/** How the reason must read. */
const REASONS: Readonly<Record<Rejection['because'], RegExp>> = {
  null: /null/i,
  empty: /empty/i,
  large: /too large/i,
  utf8: /utf-?8/i,
  json: /json/i,
  shape: /invalid/i,
  future: /future/i,
  late: /^late\b/,
  closed: /closed by an earlier run/,
}

const COLUMNS = [
  'operator',
  'reason',
  'problems',
  'topic',
  'partition',
  'offset',
  'timestamp',
  'key',
  'bytes',
  'text',
  'pipeline',
  'commit',
]

interface Row {
  readonly reason: string
  readonly problems: readonly string[]
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly bytes: string | null
  readonly text: string | null
}

/** Compares the rejected records with those that must be: each once, complete, for the right reason. */
export class RejectCheck {
  readonly #seen = new Set<string>()
  readonly #complaints: Complaints

  constructor(complaints: Complaints) {
    this.#complaints = complaints
  }

  take({ key, bytes }: BucketObject, expected: ReadonlyMap<string, ExpectedReject>): void {
    let rows: Row[]
    try {
      rows = linesOf(bytes) as Row[]
    } catch (error) {
      return this.#complaints.add(`${key}: ${(error as Error).message}`)
    }
    for (const row of rows) this.#row(key, row, expected)
  }

  finish(expected: ReadonlyMap<string, ExpectedReject>): void {
    for (const [place, { rejection }] of expected)
      if (!this.#seen.has(place))
        this.#complaints.add(`rejected ${place}: missing (${rejection.because})`)
  }

  #row(object: string, row: Row, expected: ReadonlyMap<string, ExpectedReject>): void {
    const place = `${row.partition} ${row.offset}`
    const complain = (what: string): void => this.#complaints.add(`${object}: ${place} ${what}`)
    if (this.#seen.has(place)) complain('is rejected twice')
    this.#seen.add(place)
    const reject = expected.get(place)
    if (!reject) return complain(`must not be rejected (${row.reason})`)
    const { record, rejection } = reject
    if (Object.keys(row).join() !== COLUMNS.join())
      complain(`has columns ${Object.keys(row).join()}`)
    if (row.timestamp !== record.timestamp) complain(`has timestamp ${row.timestamp}`)
    if (record.timestamp >= 0 && !object.startsWith(`rejected/${hourFolder(record.timestamp)}/`))
      complain('is in the wrong folder')
    if (!REASONS[rejection.because].test(row.reason))
      complain(`is rejected because of ${row.reason}, not ${rejection.because}`)
    const value = rejection.because === 'large' ? null : record.value
    if (row.bytes !== (value && value.toString('base64'))) complain('has other bytes')
    if (row.text !== (value && value.toString().slice(0, 2_000))) complain('has another text')
    if (rejection.because !== 'shape') return
    const told = [row.reason, ...row.problems].join('\n')
    for (const field of rejection.fields)
      if (!told.includes(field)) complain(`does not name the problem with ${field}`)
  }
}
