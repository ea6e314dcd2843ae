import type { Clock } from '../../clock.ts'
import type { SourceRecord } from '../../message.ts'
import { type Log, type ObjectStore, StoreError } from '../../ports.ts'
import type { ObjectFrame } from '../../run/blueprint.ts'
import type { TopicPartition } from '../../topics.ts'
import { type Declaration, declarationOf } from '../declarations.ts'
import { placeOf } from '../inventory.ts'
import { isLike, type Origin, originOf } from './likeness.ts'
import { type Candidate, type Holding, holdingOf } from './places.ts'
import { areRows, readRows, type Row } from './row-reader.ts'

/** Where a record's rows are, or can only be. */
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
  /** Where the first of them begins and ends, in bytes; absent for one that is compressed, or open. */
  readonly bytes?: readonly [from: number, to: number]
  /** It was written there, and the object has other rows now. */
  readonly altered?: true
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
  /** By sink, what open objects are read in, as far as that is known. */
  readonly frames: ReadonlyMap<string, ObjectFrame>
  readonly log: Log
  readonly store: ObjectStore
  readonly clock: Clock
}

/** Look for a record's row in an object: by the offset that it names, by what it holds, by its position. Holds one row. */
export async function lookInto(candidate: Candidate, wanted: Wanted): Promise<Place> {
  const there = await holdingOf(candidate, wanted.frames, wanted.store, wanted.clock)
  const what = standing(candidate, there?.visible ?? false, wanted)
  if (!there) return { ...what, rows: [] }
  const found = await search(there, wanted)
  const where = await narrowed(found, candidate, wanted)
  return { ...what, ...where, ...(found.isNamed && { isNamed: true }) }
}

/** What there is to say of something that can hold rows, whatever is in it. */
export function standing(
  { state, object, commit }: Candidate,
  visible: boolean,
  { label, declarations, unsettled }: Wanted,
): Pick<Place, 'sink' | 'key' | 'state' | 'reason'> {
  const { sink } = object
  if (state === 'open') return { sink, key: placeOf({ state, object }), state }
  const { key, token } = object
  if (visible) return { sink, key, state: 'committed' }
  if (unsettled.has(token)) return { sink, key, state: 'pending' }
  const declared = declarationOf(key, label, commit, declarations)
  return declared
    ? { sink, key, state: 'forgotten', reason: declared.reason }
    : { sink, key, state: 'missing' }
}

interface Found {
  isNamed: boolean
  /** How many rows were looked at. */
  count: number
  readonly rows: number[]
  readonly found: Row[]
  readonly origin?: Origin
}

async function search(there: Holding, wanted: Wanted): Promise<Found> {
  const found: Found = { isNamed: false, count: 0, rows: [], found: [] }
  for await (const row of readable(there)) {
    found.count++
    const origin = originOf(row)
    if (origin) found.isNamed = true
    if (!isOf(row, origin, wanted)) continue
    found.rows.push(found.count)
    found.found.push(row)
    if (origin) return { ...found, origin }
  }
  return found
}

/** What can be read of an object that may be damaged: verify tells the rest. */
export async function* readable({ chunks, form }: Holding): AsyncGenerator<Row> {
  try {
    yield* readRows(chunks, form)
  } catch (error) {
    if (error instanceof StoreError) throw error
  }
}

const isOf = (row: Row, origin: Origin | undefined, { offset, record }: Wanted): boolean =>
  origin ? origin.offset === offset : record !== undefined && isLike(row, record)

/** Of several rows that look like the record, the one that is. */
async function narrowed(
  { rows, found, count, origin }: Found,
  { state, object }: Candidate,
  wanted: Wanted,
): Promise<Pick<Place, 'rows' | 'text' | 'byPosition' | 'rejection'>> {
  const { firstOffset, lastOffset } = object
  const chosen = (at: number) => ({ rows: [rows[at]!], text: found[at]!.text })
  if (origin) return { ...chosen(0), ...(origin.rejection && { rejection: origin.rejection }) }
  const isDense = object.order === undefined && object.rows === lastOffset - firstOffset + 1
  const position = wanted.offset - firstOffset + 1
  const isBlind = state === 'closed' && !areRows(object, count, object.rows)
  if (isBlind) return isDense ? { rows: [position], byPosition: true } : { rows: [] }
  if (isDense && rows.includes(position)) return chosen(rows.indexOf(position))
  if (rows.length === 1) return chosen(0)
  if (rows.length > 1) {
    const { before, all } = await alike(firstOffset, lastOffset, wanted)
    return all === rows.length ? chosen(before) : { rows, text: found[0]!.text }
  }
  return { rows: [] }
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
