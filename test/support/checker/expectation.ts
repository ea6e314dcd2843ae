import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { exactly } from './exact-sum.ts'
import { type Event, type Invalid, judge } from './validity.ts'
import { HOUR, hourFolder, type LogRecord, type Settings } from './world.ts'

/** Why a record must be among the rejected ones. */
export type Rejection = Invalid | { readonly because: 'late' } | { readonly because: 'closed' }

export interface ExpectedReject {
  readonly rejection: Rejection
  readonly record: LogRecord
}

/** What a key and window must add up to. `sum` and `sessions` in units of 2^-1074. */
export interface ExpectedAggregate {
  readonly start: number
  readonly dimension: string
  readonly value: string
  count: number
  sum: bigint
  min: number
  max: number
  sessions: bigint
  readonly users: Set<string>
}

/** A valid event's place in the archive. */
export interface ExpectedRow {
  readonly offset: number
  readonly time: number
  readonly print: string
}

const DIMENSIONS = ['country', 'device_type', 'action', 'page', 'category']

/** The region of a country, by the pipeline's table. */
const regions = new Map(
  readFileSync('pipelines/ecommerce.regions.csv', 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',') as [string, string]),
)

/** Stands for a row's bytes. */
export const printOf = (row: Buffer): string => createHash('sha1').update(row).digest('base64')

/** Of the hour that a time lies in. */
const startOf = (time: number): number => Math.floor(time / HOUR) * HOUR

/** One partition, as a sequence of records. */
interface Lane {
  maxTime: number
  /** The highest timestamp of an accepted record that has one. */
  maxTimestamp: number
  watermark: number
  /** How many earlier runs have ended before the next record. */
  run: number
  /** Times at which each guid counted. */
  readonly kept: Map<string, number[]>
}

/** Recomputes from the log what must be in the bucket, in the plainest way. */
export class Expectation {
  /** Valid events in the order of their offsets, by partition and folder: `0 year=…/hour=08`. */
  readonly raw = new Map<string, ExpectedRow[]>()
  /** By partition and offset: `0 17`. */
  readonly rejects = new Map<string, ExpectedReject>()
  /** By key: `2025-03-17T08::country:country_20`. */
  readonly aggregates = new Map<string, ExpectedAggregate>()
  readonly #settings: Settings
  readonly #lanes = new Map<number, Lane>()
  /** The highest end of a window that has results, after each run; a run's windows are closed for good when it ends. */
  readonly #sealed: number[] = []

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Take the whole log: each partition's records in the order of their offsets. */
  async take(records: Iterable<LogRecord> | AsyncIterable<LogRecord>): Promise<void> {
    let waiting: LogRecord[] = []
    for await (const record of records) waiting.push(record)
    // what a run closes depends on all partitions, so they are taken run by run
    for (let run = 0; run <= this.#settings.earlierRuns.length; run++) {
      const ends = this.#settings.earlierRuns[run]
      const isNow = ({ partition, offset }: LogRecord): boolean =>
        ends === undefined || offset < (ends[partition] ?? 0)
      for (const record of waiting) if (isNow(record)) this.#record(record, run)
      waiting = waiting.filter((record) => !isNow(record))
      this.#sealed.push(
        Math.max(-Infinity, ...[...this.aggregates.values()].map(({ start }) => start + HOUR)),
      )
    }
  }

  #record(record: LogRecord, run: number): void {
    const judgement = judge(record, this.#settings)
    if (judgement.event === undefined) return this.#reject(record, judgement.invalid)
    const { event, row } = judgement
    const time = event.timestamp
    const place = `${record.partition} ${hourFolder(time)}`
    const rows = this.raw.get(place) ?? []
    rows.push({ offset: record.offset, time, print: printOf(row) })
    this.raw.set(place, rows)

    const lane = this.#lane(record.partition, run)
    const { watermark } = lane
    this.#advance(lane, time, record.timestamp)
    // an event so old is late, whether or not it repeats another: nobody remembers that long
    const isAncient = time < watermark - this.#settings.dedupeWithin
    if (!isAncient && this.#isDuplicate(lane, event)) return
    if (isAncient || startOf(time) + HOUR <= watermark)
      this.#reject(record, { because: this.#lateness(time, run) })
    else this.#count(event)
  }

  #reject(record: LogRecord, rejection: Rejection): void {
    this.rejects.set(`${record.partition} ${record.offset}`, { rejection, record })
  }

  #lane(partition: number, run: number): Lane {
    let lane = this.#lanes.get(partition)
    if (!lane) {
      lane = {
        maxTime: -Infinity,
        maxTimestamp: -Infinity,
        watermark: -Infinity,
        run: 0,
        kept: new Map(),
      }
      this.#lanes.set(partition, lane)
    }
    if (run > lane.run) lane.watermark = Math.max(lane.watermark, this.#sealed[run - 1]!)
    lane.run = run
    return lane
  }

  /** For the records after this one. */
  #advance(lane: Lane, time: number, timestamp: number): void {
    lane.maxTime = Math.max(lane.maxTime, time)
    if (timestamp >= 0) lane.maxTimestamp = Math.max(lane.maxTimestamp, timestamp)
    const newest = lane.maxTimestamp >= 0 ? Math.min(lane.maxTime, lane.maxTimestamp) : lane.maxTime
    lane.watermark = Math.max(lane.watermark, newest - this.#settings.outOfOrder)
  }

  #isDuplicate({ kept }: Lane, { eventGuid, timestamp }: Event): boolean {
    const times = kept.get(eventGuid) ?? []
    if (times.some((time) => Math.abs(time - timestamp) < this.#settings.dedupeWithin)) return true
    times.push(timestamp)
    kept.set(eventGuid, times)
    return false
  }

  #lateness(time: number, run: number): 'late' | 'closed' {
    const sealed = this.#sealed[run - 1] ?? -Infinity
    return startOf(time) + HOUR <= sealed ? 'closed' : 'late'
  }

  #count(event: Event): void {
    const text = (name: string): string | null => (event[name] ?? null) as string | null
    const keys: [string, string | null][] =
      this.#settings.dimensions === 'joined'
        ? [[DIMENSIONS.join(','), DIMENSIONS.map((name) => text(name) ?? '').join(',')]]
        : DIMENSIONS.map((name) => [name, text(name)])
    if (this.#settings.dimensions === 'region')
      keys.push(['region', regions.get(text('country') ?? '') ?? null])
    const [sum, sessions] = [exactly(event.value), exactly(event.session_duration)]
    const start = startOf(event.timestamp)
    const hour = new Date(start).toISOString().slice(0, 13)
    for (const [dimension, value] of keys) {
      if (value === null) continue
      const total = this.#total(`${hour}::${dimension}:${value}`, { start, dimension, value })
      total.count++
      total.sum += sum
      total.sessions += sessions
      total.min = Math.min(total.min, event.value)
      total.max = Math.max(total.max, event.value)
      total.users.add((event['user_id'] ?? 'unknown') as string)
    }
  }

  #total(
    key: string,
    facts: Pick<ExpectedAggregate, 'start' | 'dimension' | 'value'>,
  ): ExpectedAggregate {
    let total = this.aggregates.get(key)
    if (!total) {
      const nothing = { count: 0, sum: 0n, min: Infinity, max: -Infinity, sessions: 0n }
      total = { ...facts, ...nothing, users: new Set() }
      this.aggregates.set(key, total)
    }
    return total
  }
}
