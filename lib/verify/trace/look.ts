import type { Clock } from '../../clock.ts'
import type { SourceRecord } from '../../message.ts'
import type { Log, ObjectStore } from '../../ports.ts'
import type { TopicPartition } from '../../topics.ts'
import { type Declaration, declarationOf } from '../declarations.ts'
import { placeOf } from '../inventory.ts'
import { jsonValues } from './json-values.ts'
import { isLike, type Origin, originOf } from './likeness.ts'
import { bytesOf, type Candidate } from './places.ts'
import { hasRows, jsonRows, readRows, type Row } from './row-reader.ts'

/** Where a record's row is, or can only be. */
export interface Place {
  readonly sink: string
  /** Of the object; the folder of one that is still open. */
  readonly key: string
  /** What can be read of it. `missing`: it is not at its key. */
  readonly state: 'committed' | 'pending' | 'open' | 'forgotten' | 'missing'
  /** Rows that can be the record's, counted from 1; one where it is known, none where no row looks like it. */
  readonly rows: readonly number[]
  /** What the first of them holds. */
  readonly text?: string
  /** The rows of the object, one for each offset, tell which one it is: not what it holds. */
  readonly byPosition?: true
  readonly rejection?: Origin['rejection']
  /** Its rows say which records they came from: if none says so of this one, none did. */
  readonly isNamed?: true
  /** Why it was deleted. */
  readonly reason?: string
}

/** What is being looked for, and where. */
export interface Wanted extends TopicPartition {
  readonly offset: number
  /** Undefined where the log has it no more. */
  readonly record: SourceRecord | undefined
  readonly label: string
  readonly declarations: readonly Declaration[]
  /** Tokens of objects that may not be visible yet. */
  readonly unsettled: ReadonlySet<string>
  readonly log: Log
  readonly store: ObjectStore
  readonly clock: Clock
}

/** Look for a record's row in an object: by the offset that it names, by what it holds, by its position. Holds one row. */
export async function lookInto(candidate: Candidate, wanted: Wanted): Promise<Place> {
  const { sink } = candidate.object
  const there = await bytesOf(candidate, wanted.store, wanted.clock)
  const what = { sink, ...standing(candidate, there?.visible ?? false, wanted) }
  if (!there) return { ...what, rows: [] }
  const found = await search(candidate, there.chunks, wanted)
  const where = await narrowed(found, candidate, wanted)
  return { ...what, ...where, ...(found.isNamed && { isNamed: true }) }
}

function standing(
  { state, object, commit }: Candidate,
  visible: boolean,
  { label, declarations, unsettled }: Wanted,
): Pick<Place, 'key' | 'state' | 'reason'> {
  if (state === 'open') return { key: placeOf({ state, object }), state }
  const { key, token } = object
  if (visible) return { key, state: 'committed' }
  if (unsettled.has(token)) return { key, state: 'pending' }
  const declared = declarationOf(key, label, commit, declarations)
  return declared ? { key, state: 'forgotten', reason: declared.reason } : { key, state: 'missing' }
}

interface Found {
  isNamed: boolean
  readonly rows: number[]
  readonly texts: string[]
  readonly origin?: Origin
}

async function search(
  { state, object }: Candidate,
  chunks: AsyncIterable<Buffer>,
  wanted: Wanted,
): Promise<Found> {
  const found: Found = { isNamed: false, rows: [], texts: [] }
  const rows = state === 'open' ? jsonRows(jsonValues(chunks, false)) : readRows(chunks, object)
  let number = 0
  try {
    for await (const row of rows) {
      number++
      const origin = originOf(row)
      if (origin) found.isNamed = true
      if (!isOf(row, origin, wanted)) continue
      found.rows.push(number)
      found.texts.push(row.text)
      if (origin) return { ...found, origin }
    }
  } catch {
    // what can be read of an object that is damaged: verify tells the rest
  }
  return found
}

const isOf = (row: Row, origin: Origin | undefined, { offset, record }: Wanted): boolean =>
  origin ? origin.offset === offset : record !== undefined && isLike(row, record)

/** Of several rows that look like the record, the one that is. */
async function narrowed(
  { rows, texts, origin }: Found,
  { state, object }: Candidate,
  wanted: Wanted,
): Promise<Pick<Place, 'rows' | 'text' | 'byPosition' | 'rejection'>> {
  const { firstOffset, lastOffset } = object
  const chosen = (at: number) => ({ rows: [rows[at]!], text: texts[at]! })
  if (origin) return { ...chosen(0), ...(origin.rejection && { rejection: origin.rejection }) }
  const isDense = object.rows === lastOffset - firstOffset + 1
  const position = wanted.offset - firstOffset + 1
  if (isDense && rows.includes(position)) return chosen(rows.indexOf(position))
  if (rows.length === 1) return chosen(0)
  if (rows.length > 1) {
    const { before, all } = await alike(firstOffset, lastOffset, wanted)
    return all === rows.length ? chosen(before) : { rows, text: texts[0]! }
  }
  const isBlind = state === 'closed' && !hasRows(object)
  return isDense && isBlind ? { rows: [position], byPosition: true } : { rows: [] }
}

/** How many records of a span are byte by byte the same, and how many of them come before the wanted one. */
async function alike(
  first: number,
  last: number,
  { log, topic, partition, record, offset }: Wanted,
): Promise<{ before: number; all: number }> {
  let [before, all] = [0, 0]
  for await (const { records } of log.read(topic, partition, first, last + 1))
    for (const each of records) {
      if (!each.bytes || !record?.bytes?.equals(each.bytes)) continue
      all++
      if (each.offset < offset) before++
    }
  return { before, all }
}
