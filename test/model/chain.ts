// What a model of a chain consists of: its newest record, the two rival processes that write it,
// the objects of its records, and the faults that have happened.
//
// Older records are not kept: a process that reads back its own number learns what the store
// did (`applied`), and nothing else ever looks behind the newest record.
import type { Objects } from './objects.ts'

/** Most faults of each kind, and most claims of each process, in one run. */
export interface Bounds {
  claims: number
  kills: number
  lostAnswers: number
  expiries: number
  /** How often a reader of the bucket rewrites a visible object. */
  edits: number
}

/** What every record says. */
export interface ChainRecord {
  /** The objects that become visible after it, by their index in `objects`. */
  pending: readonly number[]
  /** How many of them an earlier record has listed, and this one does not: none, but by mistake. */
  overdue: number
  /** The lane has come to the end of a finite run: nothing follows. */
  ended: boolean
}

/** What a process is doing, and with which record in hand. */
export type Phase<R> =
  | { at: 'idle' }
  | { at: 'writing'; write: 'claim' | 'commit'; record: R; checked: boolean }
  | { at: 'in doubt'; write: 'claim' | 'commit'; record: R; applied: boolean }
  | { at: 'publishing'; record: R; published: number; committed: boolean }
  | { at: 'running'; record: R }
  | { at: 'ended'; record: R }
  | { at: 'stopped'; because: 'an object is lost' | 'an upstream record is deleted' }

export interface Owner<R> {
  claims: number
  /** Nobody has written to the chain since this process last read or wrote it. */
  current: boolean
  phase: Phase<R>
}

export interface ChainState<R, C> {
  newest: R
  owners: readonly Owner<R>[]
  objects: Objects<C>
  kills: number
  lostAnswers: number
  expiries: number
  edits: number
}

/** A chain without records; `newest` is what the first claim finds. */
export function initialChain<R, C>(newest: R): ChainState<R, C> {
  const owner: Owner<R> = { claims: 0, current: false, phase: { at: 'idle' } }
  const faults = { kills: 0, lostAnswers: 0, expiries: 0, edits: 0 }
  return { newest, owners: [owner, owner], objects: [], ...faults }
}

/** The state in which one process has entered a phase. */
export function enter<R, S extends ChainState<R, unknown>>(
  state: S,
  index: number,
  phase: Phase<R>,
): S {
  const owner = state.owners[index]!
  // What a process that is not at work once knew of the chain is of no consequence.
  const current = owner.current && phase.at !== 'idle'
  return { ...state, owners: state.owners.with(index, { ...owner, current, phase }) }
}

/** How a run is over, once no process can do anything more. */
export function chainOutcome<R>(
  { owners }: ChainState<R, unknown>,
  { claims }: Bounds,
): string | undefined {
  const over = owners.every(
    ({ phase, claims: used }) =>
      phase.at === 'ended' || phase.at === 'stopped' || (phase.at === 'idle' && used === claims),
  )
  if (!over) return undefined
  const reached = (at: string) => owners.some(({ phase }) => phase.at === at)
  return reached('ended') ? 'ended' : reached('stopped') ? 'stopped' : 'abandoned'
}

/**
 * A process that stopped loudly, although the store lost nothing. For the protocol itself
 * (`strict`) that is always wrong. A wrong variant is explored until it does real harm: there it
 * counts only when no process is left that could go on.
 */
export function wrongStop<R>(
  { owners, expiries, edits }: ChainState<R, unknown>,
  strict: boolean,
): string | undefined {
  const goesOn = owners.some(({ phase }) => phase.at !== 'stopped' && phase.at !== 'ended')
  if (!strict && goesOn) return undefined
  for (const { phase } of owners) {
    if (phase.at !== 'stopped') continue
    const excused = phase.because === 'an object is lost' && expiries + edits > 0
    if (!excused) return `the lane stopped (${phase.because}), and the store had done nothing wrong`
  }
}

/**
 * The representative of a state: the two processes in one order, objects numbered by first mention,
 * and objects forgotten that nobody can refer to any more (a visible one stays, as rows).
 */
export function canonicalChain<R extends ChainRecord, C, S extends ChainState<R, C>>(state: S): S {
  const names = new Map<number, number>()
  function rename(record: R): R {
    if (record.pending.length === 0) return record
    for (const id of record.pending) if (!names.has(id)) names.set(id, names.size)
    return { ...record, pending: record.pending.map((id) => names.get(id)!) }
  }
  function renameIn(owner: Owner<R>): Owner<R> {
    const { phase } = owner
    if (!('record' in phase)) return owner
    return { ...owner, phase: { ...phase, record: rename(phase.record) } }
  }
  const newest = rename(state.newest)
  const owners = inOrder(state.owners).map(renameIn)
  const mentioned = [...names.keys()].map((id) => state.objects[id]!)
  const shown = state.objects
    .filter(({ state: is }, id) => !names.has(id) && is !== 'staged' && is !== 'gone')
    .filter(({ state: is }) => is !== 'overwritten')
    .map((object) => ({ ...object, staging: 'bundle' as const }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  return { ...state, newest, owners, objects: [...mentioned, ...shown] }
}

function inOrder<R>(owners: readonly Owner<R>[]): readonly Owner<R>[] {
  const [first, second] = owners
  return JSON.stringify(first) <= JSON.stringify(second) ? owners : [second!, first!]
}
