import type { PlacedRow } from '../../sink.ts'
import { readable, standing, type Place, type Wanted } from './look.ts'
import { type Candidate, holdingOf } from './places.ts'
import { areRows, type Row } from './row-reader.ts'

/** Look up the row that an epoch has put into an object, as it came to when it ran again. Holds one row. */
export async function lookAt(
  candidate: Candidate,
  { number, row: written }: Pick<PlacedRow, 'number' | 'row'>,
  wanted: Wanted,
): Promise<Place> {
  const { state, object } = candidate
  const there = await holdingOf(candidate, wanted.frames, wanted.store, wanted.clock)
  const text = written.toString()
  const what = standing(candidate, there?.visible ?? false, wanted)
  const known: Place = { ...what, rows: [number], text }
  // rows that are put in order when the object is finished have other numbers then
  const untold = object.order ? { ...known, rows: [] } : known
  if (!there) return untold
  const same: number[] = []
  let count = 0
  let first: Row | undefined
  for await (const row of readable(there)) {
    count++
    if (row.text !== text) continue
    if (count === number && !object.order) return { ...known, ...bytesOf(candidate, row) }
    first ??= row
    same.push(count)
  }
  if (!areRows(there.form, count, object.rows)) return untold
  if (object.order && first)
    return { ...known, rows: same, ...(same.length === 1 && bytesOf(candidate, first)) }
  return state === 'open' ? untold : { ...known, altered: true }
}

const bytesOf = ({ state, object }: Candidate, { from, to }: Row): Pick<Place, 'bytes'> =>
  state === 'open' || object.compression ? {} : { bytes: [from, to] }
