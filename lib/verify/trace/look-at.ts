import type { PlacedRow } from '../../sink.ts'
import { readable, standing, type Place, type Wanted } from './look.ts'
import { type Candidate, holdingOf } from './places.ts'
import { hasRows, type Row } from './row-reader.ts'

/** Look up the row that an epoch has put into an object, as it came to when it ran again. Holds one row. */
export async function lookAt(
  candidate: Candidate,
  { number, row }: Pick<PlacedRow, 'number' | 'row'>,
  wanted: Wanted,
): Promise<Place> {
  const { state, object } = candidate
  const there = await holdingOf(candidate, wanted.frames, wanted.store, wanted.clock)
  const text = row.toString()
  const what = standing(candidate, there?.visible ?? false, wanted)
  const known: Place = { ...what, rows: [number], text }
  if (!there || !hasRows(there.form)) return object.order ? { ...known, rows: [] } : known
  const same: number[] = []
  let at = 0
  let first: Row | undefined
  for await (const each of readable(there)) {
    at++
    if (each.text !== text) continue
    if (at === number) return { ...known, ...bytesOf(candidate, each) }
    first ??= each
    same.push(at)
  }
  // rows may have been put in order when the object was finished
  if (first && at === object.rows)
    return { ...known, rows: same, ...(same.length === 1 && bytesOf(candidate, first)) }
  return state === 'open' ? known : { ...known, altered: true }
}

const bytesOf = ({ state, object }: Candidate, { from, to }: Row): Pick<Place, 'bytes'> =>
  state === 'open' || object.compression ? {} : { bytes: [from, to] }
