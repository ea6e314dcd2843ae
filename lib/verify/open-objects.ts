import type { Clock } from '../clock.ts'
import { OpenTable } from '../commit/open-table.ts'
import {
  type CarriedRun,
  type CommitRecord,
  type OpenFacts,
  openStateOf,
  type Segment,
  sha256,
  type Span,
} from '../commit/record.ts'
import { BLOCK, RunIndex, spansOf } from '../commit/run-index.ts'
import { SluiceError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { restore } from '../state/snapshot.ts'

/** An object that stays open over a commit, and where its rows are. */
export interface OpenObject extends OpenFacts {
  readonly sink: string
  /** Rows that were written one after the other, each run in spans; a separator stands between two runs. */
  readonly runs: readonly { readonly rows: number; readonly spans: readonly Span[] }[]
}

/**
 * What is open after a record, sink by sink: read from its lane's state and from the indexes of its runs, as its next owner does. Holds some hundred bytes an
 * object.
 *
 * @throws SluiceError 'corrupt' when any of that is gone or altered: of any but a lane's newest record it is after a while
 */
export async function openObjectsOf(
  record: CommitRecord,
  store: ObjectStore,
  clock: Clock,
): Promise<OpenObject[]> {
  const sinks = new Set([
    ...record.carried.map(({ sink }) => sink),
    ...Object.keys(record.open ?? {}),
  ])
  const all: OpenObject[] = []
  for (const sink of sinks) all.push(...(await openOf(sink, record, store, clock)))
  return all
}

async function openOf(
  sink: string,
  record: CommitRecord,
  store: ObjectStore,
  clock: Clock,
): Promise<OpenObject[]> {
  const id = openStateOf(sink)
  const table = new OpenTable((facts) => facts)
  await restore(record.state, new Map([[id, table]]), store, { clock })
  const runs = await runsBySerial(record.open?.[sink]?.runs ?? [], store, clock)
  const open = new Map<string, OpenObject>(
    [...table.values()].map((facts) => [
      placeOf(facts),
      { sink, ...facts, runs: runs.get(facts.serial) ?? [] },
    ]),
  )
  for (const { segments, ...facts } of record.carried) {
    if (facts.sink !== sink) continue
    const before = segments.map(({ rows, ...span }) => ({ rows, spans: [span] }))
    const known = open.get(placeOf(facts))
    if (known && isSame(known, facts))
      open.set(placeOf(facts), { ...known, runs: [...before, ...known.runs] })
    else open.set(placeOf(facts), { ...facts, runs: before })
  }
  return [...open.values()]
}

const placeOf = ({ folder, name = '' }: OpenFacts): string => [folder, name].join('/')

const isSame = (a: OpenFacts, b: OpenFacts): boolean =>
  a.firstOffset === b.firstOffset && (a.nth ?? 0) === (b.nth ?? 0)

async function runsBySerial(
  runs: readonly CarriedRun[],
  store: ObjectStore,
  clock: Clock,
): Promise<Map<number, OpenObject['runs'][number][]>> {
  const found = new Map<number, OpenObject['runs'][number][]>()
  for (const run of runs) {
    const index = await indexOf(run, store, clock)
    if (!index)
      throw new SluiceError(
        'corrupt',
        `the index of a run in ${run.index.bundle} of ${store.place} is gone or altered`,
      )
    for (const { serial, rows, from, to } of index.entries()) {
      const all = found.get(serial) ?? []
      all.push({ rows, spans: spansOf(run, from, to) })
      found.set(serial, all)
    }
  }
  return found
}

/** The index of a run; undefined where it is not what was written. */
async function indexOf(
  { index: { bundle, from, to, sha256: hash } }: CarriedRun,
  store: ObjectStore,
  clock: Clock,
): Promise<RunIndex | undefined> {
  const bytes = await retry(() => store.get(bundle, { from, to }), { clock })
  return bytes && sha256(bytes) === hash ? new RunIndex(bytes) : undefined
}

/** All blocks of a run, as segments that can be proved; none where its index cannot be read. */
export async function* blocksOf(
  run: CarriedRun,
  store: ObjectStore,
  clock: Clock,
): AsyncGenerator<Segment> {
  const index = await indexOf(run, store, clock)
  if (!index) return
  for (let block = 0; block < index.blocks; block++) {
    const from = block * BLOCK
    // no block lies in two bundles
    const [span] = spansOf(run, from, Math.min(index.size, from + BLOCK))
    if (span) yield { ...span, sha256: index.hashOf(block) }
  }
}
