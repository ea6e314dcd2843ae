import { type CommitRecord, openIn, type SinkFates } from '../../commit/record.ts'
import type { Place } from './look.ts'

/** What became of a record on its way to one sink, or to one exchange; of some of its messages, where it became several and not all had one fate. */
export interface PathTrace {
  readonly path: string
  readonly fate: 'kept' | 'produced' | 'aggregated' | 'dropped' | 'rejected' | 'held' | 'unknown'
  /** The operator that has dropped, rejected or held it, and why. */
  readonly operator?: string
  readonly reason?: string
  /** How many events of the record it is about, where that is known. */
  readonly messages?: number
  /** Where its rows are; where its fate is not known, where they can be. */
  readonly places: readonly Place[]
  /** All that may have become of it, where that is not known. */
  readonly either?: readonly string[]
}

/** What may have become of a record, by what the commit has counted. */
interface Possible {
  readonly fate: PathTrace['fate']
  readonly operator?: string
}

/**
 * Work out what became of a record on each path: by the rows that were found, and by what its commit has counted. Pure.
 *
 * @param places what was found in objects that can hold its rows
 */
export function fatesOf(commit: CommitRecord, places: readonly Place[]): PathTrace[] {
  const { fates, partials = {} } = commit
  const refused = places.find(({ rejection }) => rejection)
  return Object.entries(fates).map(([path, counts]) => {
    const own = places.filter(({ sink }) => sink === path)
    const found = own.filter(({ rows }) => rows.length > 0)
    const kept: PathTrace['fate'] = path.startsWith('kafka:')
      ? 'produced'
      : path in partials
        ? 'aggregated'
        : 'kept'
    if (found.length > 0) return { path, fate: kept, places: found }
    const { operator = '', reason = '' } = refused?.rejection ?? {}
    if (refused && counts.rejected[operator])
      return { path, fate: 'rejected', operator, reason, places: [refused] }
    const possible = possibleOf(counts, kept).filter(
      ({ fate }) => fate !== 'rejected' || !isNotRejected(commit, places),
    )
    const [only, ...more] = possible
    if (only && more.length === 0) return { path, ...only, places: own }
    return { path, fate: 'unknown', places: own, either: possible.map(said) }
  })
}

/** Whether the commit's rejects are in objects, all of whose rows say where they came from: none was found then. */
function isNotRejected(commit: CommitRecord, places: readonly Place[]): boolean {
  const { fates, objects } = commit
  const open = openIn(commit).filter((each) => each.objects > 0)
  // a sink without fates is one of rejected events
  const rejects = [...objects, ...open].filter(({ sink }) => !(sink in fates))
  const looked = places.filter(({ sink }) => !(sink in fates))
  return rejects.length > 0 && looked.every(({ isNamed }) => isNamed)
}

function possibleOf({ kept, dropped, rejected }: SinkFates, fate: PathTrace['fate']): Possible[] {
  const by = (counts: Readonly<Record<string, number>>, what: Possible['fate']): Possible[] =>
    Object.entries(counts).flatMap(([operator, n]) => (n > 0 ? { fate: what, operator } : []))
  return [...(kept > 0 ? [{ fate }] : []), ...by(dropped, 'dropped'), ...by(rejected, 'rejected')]
}

export const said = ({ fate, operator }: Possible): string =>
  operator === undefined ? fate : `${fate} by ${operator}`
