import { createHash, type Hash } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { sha256, type StagedObject } from '../../commit/record.ts'
import type { SourceRecord } from '../../message.ts'
import type { Log, ObjectStore } from '../../ports.ts'
import { retry } from '../../retry.ts'
import { idOf, type TopicPartition } from '../../topics.ts'
import { framingOf } from '../framing.ts'
import { MatchedRows } from './matched-rows.ts'
import { hasRows, readRows, type Row } from './row-reader.ts'

/** Where the rows of an object begin to be others than those that were written. */
export interface Difference {
  /** The first row that is not as it was written, counted from 1. */
  readonly row: number
  /** `is out of place`: all rows are there. */
  readonly how: 'differs' | 'is missing' | 'is there once more' | 'is out of place'
  /** The record that it was made of, `views-0@123`. */
  readonly record?: string
  /** Where that is not known: the offsets that it lies between, themselves left out. */
  readonly between?: readonly [number, number]
}

/** Rows of an object that can be held against the log: 60 bytes are held for each. */
const MOST_ROWS = 200_000

/** Records that are tried in the place of a row, and how large the object may be for that. */
const MOST_TRIED = 64
const LARGEST_TRIED = 16 * 1024 * 1024

export interface DifferenceOptions {
  readonly lane: TopicPartition
  readonly store: ObjectStore
  readonly log: Log
  readonly clock: Clock
}

/**
 * Find the first row of an altered object that differs from what was written, by reading its records from the log once more; undefined where the log cannot
 * tell: it has them no more, operators have made the rows anew, or rows cannot be told apart.
 *
 * Each row is looked for among the records, in whatever order they stand. Holds 60 bytes a row, and one fetch.
 */
export async function firstDifference(
  object: StagedObject,
  options: DifferenceOptions,
): Promise<Difference | undefined> {
  const { lane, log } = options
  if (object.firstOffset < 0 || !hasRows(object) || object.rows > MOST_ROWS) return undefined
  const range = (await log.ranges(lane.topic))?.find((each) => each.partition === lane.partition)
  if (!range || range.low > object.firstOffset || range.high <= object.lastOffset) return undefined
  const rows = new MatchedRows()
  await eachRow(object, options, (row) => rows.add(row))
  if (rows.count > MOST_ROWS) return undefined
  const { firstOffset, lastOffset } = object
  const framing = framingOf(object.contentType)
  for await (const { records } of log.read(lane.topic, lane.partition, firstOffset, lastOffset + 1))
    for (const record of records) {
      // rows that hold what stands between them cannot be told apart
      if (!framing?.isSure && record.bytes?.includes(framing?.separators[0] ?? '')) return undefined
      rows.match(record)
    }
  // rows that operators have made anew are like no record, altered or not
  if (rows.count > 1 && rows.matched < rows.count / 2) return undefined
  const first = rows.firstUnmatched
  if (first !== undefined)
    return repeated(first, rows, object, options) ?? changed(first, rows, object, options)
  if (rows.count < object.rows) return missing(rows, object, options)
  return moved(rows, object, options)
}

/** A row too many, which is like another one. */
function repeated(
  row: number,
  rows: MatchedRows,
  object: StagedObject,
  options: DifferenceOptions,
): Difference | undefined {
  const offset = rows.count > object.rows ? rows.offsetOf(rows.firstLike(row)) : undefined
  if (offset === undefined) return undefined
  return { row, how: 'is there once more', record: placeOf(offset, options) }
}

/** All rows are those of records: whether they have changed places, if in the order of the log they have the hash that they were written with. */
async function moved(
  rows: MatchedRows,
  object: StagedObject,
  options: DifferenceOptions,
): Promise<Difference | undefined> {
  const order = rows.inOrder
  const at = order.findIndex((number, i) => number !== i + 1)
  if (at < 0 || object.rowBytes > LARGEST_TRIED) return undefined
  const texts: string[] = []
  await eachRow(object, options, ({ text }) => texts.push(text))
  const sorted = order.map((number) => texts[number - 1])
  const { separators = [] } = framingOf(object.contentType) ?? {}
  if (!separators.some((separator) => sha256(sorted.join(separator)) === object.rowsHash))
    return undefined
  const offset = rows.offsetOf(at + 1) as number
  return { row: at + 1, how: 'is out of place', record: placeOf(offset, options) }
}

/** A row that is like no record: of which it must have been made. */
async function changed(
  row: number,
  rows: MatchedRows,
  object: StagedObject,
  options: DifferenceOptions,
): Promise<Difference> {
  const between = rows.around(row, object)
  const strangers = await strangersIn(between, rows, options)
  const tries = strangers?.map((record) => ({ record, row }))
  const [only, ...more] = tries ?? []
  const found =
    only && more.length === 0 ? only : tries && (await proved(tries, 'replace', object, options))
  return found ? differing(found, 'differs', options) : { row, how: 'differs', between }
}

/** All rows are those of records, but some are not there: the first of them, where that can be known. */
async function missing(
  rows: MatchedRows,
  object: StagedObject,
  options: DifferenceOptions,
): Promise<Difference | undefined> {
  const { firstOffset, lastOffset } = object
  const lost = object.rows - rows.count
  const whole = [firstOffset - 1, lastOffset + 1] as const
  const how = 'is missing'
  // an object begins and ends with a record of its own
  if (!rows.hasOffset(firstOffset)) return { row: 1, how, record: placeOf(firstOffset, options) }
  const strangers = await strangersIn(whole, rows, options)
  const tries = strangers?.map((record) => ({ record, row: rows.before(record.offset) + 1 }))
  const [first] = tries ?? []
  if (first && tries?.length === lost) return differing(first, how, options)
  const found = lost === 1 && tries && (await proved(tries, 'insert', object, options))
  if (found) return differing(found, how, options)
  // rows of the middle may be missing as well
  return undefined
}

const placeOf = (offset: number, { lane }: DifferenceOptions): string => `${idOf(lane)}@${offset}`

const differing = (
  { record, row }: Try,
  how: Difference['how'],
  options: DifferenceOptions,
): Difference => ({ row, how, record: placeOf(record.offset, options) })

/** A record that may be the one that a row was made of. */
interface Try {
  readonly record: SourceRecord
  readonly row: number
}

/** Records between two offsets that are like no row; undefined where there are too many to try. */
async function strangersIn(
  [low, high]: readonly [number, number],
  rows: MatchedRows,
  { lane, log }: DifferenceOptions,
): Promise<SourceRecord[] | undefined> {
  const strangers: SourceRecord[] = []
  for await (const { records } of log.read(lane.topic, lane.partition, low + 1, high))
    for (const record of records) {
      if (rows.has(record)) continue
      if (strangers.length === MOST_TRIED) return undefined
      strangers.push(record)
    }
  return strangers
}

/** Which of them it is, if with its bytes in the place of the row, or before it, all rows have the hash that they were written with. */
async function proved(
  tries: readonly Try[],
  how: 'replace' | 'insert',
  object: StagedObject,
  options: DifferenceOptions,
): Promise<Try | undefined> {
  if (object.bytes > LARGEST_TRIED) return undefined
  const [separator = ''] = framingOf(object.contentType)?.separators ?? []
  const base = createHash('sha256')
  const begun: { readonly tried: Try; readonly rest: Hash }[] = []
  let number = 1
  const begin = (): void => {
    for (const tried of tries.filter(({ row }) => row === number)) {
      const rest = base.copy().update(number === 1 ? '' : separator)
      begun.push({ tried, rest: rest.update(tried.record.bytes ?? 'null') })
    }
  }
  await eachRow(object, options, ({ text }) => {
    begin()
    for (const { tried, rest } of begun)
      if (tried.row < number || how === 'insert') rest.update(separator + text)
    base.update(number === 1 ? text : separator + text)
    number++
  })
  if (how === 'insert') begin()
  return begun.find(({ rest }) => rest.digest('hex') === object.rowsHash)?.tried
}

/** Rows up to where the object cannot be read any further. */
async function eachRow(
  object: StagedObject,
  { store, clock }: DifferenceOptions,
  take: (row: Row) => void,
): Promise<void> {
  const chunks = await retry(() => store.read(object.key), { clock })
  if (!chunks) return
  try {
    for await (const row of readRows(chunks, object)) take(row)
  } catch {
    // what is behind it is missing
  }
}

/** A difference in words. */
export function inWords({ row, how, record, between }: Difference): string {
  const first = `row ${row} is the first that ${how}`
  if (record !== undefined) return `${first}, of ${record}`
  const [low, high] = between ?? [0, 0]
  return `${first}, of an offset between ${low} and ${high}`
}
