import { elementsOf } from './json-rows.ts'
import { type ExpectedRow, printOf } from './expectation.ts'
import type { BucketObject, Complaints, Settings } from './world.ts'

const NAME =
  /^raw-json\/(year=\d{4}\/month=\d\d\/day=\d\d\/hour=\d\d)\/events_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z)_([^-/]+)-[^/]+-(\d+)-(\d+)-(\d+)\.json$/

/** A raw object: its name taken apart, and what stands for the bytes of its rows. */
interface RawObject {
  readonly key: string
  readonly place: string
  readonly timestamp: string
  readonly commit: number
  readonly ordinal: number
  readonly prints: readonly string[]
}

/** Compares the archive with the valid events: their own bytes, each once, in the folder of their hour, in the order of their offsets. */
export class RawCheck {
  readonly #objects: RawObject[] = []
  readonly #complaints: Complaints
  readonly #settings: Settings

  constructor(settings: Settings, complaints: Complaints) {
    this.#settings = settings
    this.#complaints = complaints
  }

  take({ key, bytes }: BucketObject): void {
    const [, folder, timestamp = '', , partition, commit, ordinal] = NAME.exec(key) ?? []
    if (folder === undefined) return this.#complaints.add(`${key}: not a name of a raw object`)
    let rows: Buffer[]
    try {
      rows = elementsOf(bytes)
    } catch (error) {
      return this.#complaints.add(`${key}: ${(error as Error).message}`)
    }
    if (rows.length === 0) this.#complaints.add(`${key}: it has no rows`)
    if (rows.length > this.#settings.maxPollRecords)
      this.#complaints.add(
        `${key}: ${rows.length} rows, more than ${this.#settings.maxPollRecords}`,
      )
    this.#objects.push({
      key,
      place: `${partition} ${folder}`,
      timestamp,
      commit: Number(commit),
      ordinal: Number(ordinal),
      prints: rows.map(printOf),
    })
  }

  finish(expected: ReadonlyMap<string, readonly ExpectedRow[]>): void {
    const places = new Set([...expected.keys(), ...this.#objects.map(({ place }) => place)])
    for (const place of places) {
      const objects = this.#objects
        .filter((object) => object.place === place)
        .sort((a, b) => a.commit - b.commit || a.ordinal - b.ordinal)
      this.#compare(place, objects, expected.get(place) ?? [])
    }
  }

  #compare(place: string, objects: readonly RawObject[], rows: readonly ExpectedRow[]): void {
    let next = 0
    let isEqual = true
    for (const { key, prints, timestamp } of objects) {
      const first = rows[next]
      if (
        first &&
        isEqual &&
        timestamp !== new Date(first.time).toISOString().replace(/[:.]/g, '-')
      )
        this.#complaints.add(`${key}: its first event is of ${new Date(first.time).toISOString()}`)
      for (const print of prints) isEqual &&= rows[next++]?.print === print
    }
    if (isEqual && next === rows.length) return
    if (!this.#difference(place, objects, rows))
      this.#complaints.add(`raw ${place}: its rows are not in the order of their offsets`)
  }

  /** Says which rows are missing and which are too many; false where it is none. */
  #difference(place: string, objects: readonly RawObject[], rows: readonly ExpectedRow[]): boolean {
    const left = new Map<string, number[]>()
    for (const { print, offset } of rows) left.set(print, [...(left.get(print) ?? []), offset])
    const known = new Set(left.keys())
    let isDifferent = false
    for (const { key, prints } of objects)
      for (const [row, print] of prints.entries()) {
        const offsets = left.get(print) ?? []
        if (offsets.shift() !== undefined) continue
        isDifferent = true
        this.#complaints.add(
          `${key}: row ${row} ${known.has(print) ? 'is there once more than in the log' : 'is no valid event of this partition and hour'}`,
        )
      }
    for (const offset of [...left.values()].flat().sort((a, b) => a - b)) {
      isDifferent = true
      this.#complaints.add(`raw ${place}: the event at offset ${offset} is missing`)
    }
    return isDifferent
  }
}
