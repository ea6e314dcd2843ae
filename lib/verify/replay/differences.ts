import { bundleIndex } from '../../commit/bundle.ts'
import {
  type CommitRecord,
  isOpenState,
  openIn,
  type Segment,
  type StagedObject,
  type StateSegment,
} from '../../commit/record.ts'
import type { EpochFacts } from '../../lane/write-epoch.ts'

/** In what an epoch comes to something else than its record says. */
export interface Difference {
  /** What it is about. */
  readonly what: string
  readonly recorded: unknown
  readonly now: unknown
  /** Both, where it is about an object that the epoch comes to under the same key. */
  readonly objects?: { readonly recorded: StagedObject; readonly now: StagedObject }
  /** What follows is another than it was: the lane remembers something else from here on. */
  readonly lasting?: true
}

/**
 * All differences between a record and what its epoch came to when it was run again. Pure.
 *
 * @param version the lowest of the records that the lane has been run through, this one included
 */
export function* differencesOf(
  record: CommitRecord,
  now: EpochFacts,
  version: number,
): Generator<Difference> {
  yield* objectDifferences(record.objects, now.objects)
  yield* valueDifferences('messages', record.outbox?.map(outboxOf), now.outbox?.map(outboxOf))
  yield* factDifferences(record, now)
  yield* valueDifferences(
    'rows of open objects',
    openOf(record, version),
    openOf(now, version),
    true,
  )
  yield* valueDifferences('partials', partialsOf(record), partialsOf(now))
  yield* stateDifferences(record, now, version)
}

const FACTS = ['watermark', 'fates', 'reasons', 'sealed', 'vector'] as const

/** The same of what is known before anything is staged. Pure. */
export function* factDifferences(
  record: CommitRecord,
  now: Pick<EpochFacts, (typeof FACTS)[number]>,
): Generator<Difference> {
  for (const field of FACTS) yield* valueDifferences(field, record[field], now[field])
}

function* objectDifferences(
  recorded: readonly StagedObject[],
  now: readonly StagedObject[],
): Generator<Difference> {
  const objects = new Map(now.map((object) => [object.key, object]))
  for (const object of recorded) {
    const again = objects.get(object.key)
    objects.delete(object.key)
    if (!again) yield { what: `object ${object.key}`, recorded: shown(object), now: undefined }
    else if (object.rowsHash !== again.rowsHash || bytesDiffer(object, again))
      yield {
        what: `object ${object.key}`,
        recorded: shown(object),
        now: shown(again),
        objects: { recorded: object, now: again },
      }
    else yield* valueDifferences(`object ${object.key}`, factsOf(object), factsOf(again))
  }
  for (const again of objects.values())
    yield { what: `object ${again.key}`, recorded: undefined, now: shown(again) }
}

/** Another version of a compressor makes other bytes of the same rows. */
const bytesDiffer = (recorded: StagedObject, now: StagedObject): boolean =>
  recorded.sha256 !== now.sha256

const shown = ({ rows, firstOffset, lastOffset }: StagedObject) =>
  `${rows} rows, offsets ${firstOffset} to ${lastOffset}`

/** Where its bytes wait, and how they are compressed, is not what an epoch comes to. */
const factsOf = (object: StagedObject): unknown => ({
  ...object,
  staged: undefined,
  bytes: undefined,
  sha256: undefined,
})

const hashOf = (segment: Segment | null): string | null => segment && segment.sha256

const outboxOf = ({
  segments,
  ...facts
}: NonNullable<CommitRecord['outbox']>[number]): unknown => ({
  ...facts,
  segments: segments.map((segment) => [segment.count, segment.sha256]),
})

/** Version 1 listed each object with all its rows: with those it shares what they add up to. */
function openOf(facts: Pick<CommitRecord, 'open' | 'carried'>, version: number): unknown {
  const { open = {} } = facts
  if (version > 1)
    return Object.entries(open).map(([sink, { runs, ...counts }]) => ({
      sink,
      ...counts,
      runs: runs.map(({ level, rows, index }) => ({ level, rows, sha256: index.sha256 })),
    }))
  const sums = new Map<string, { objects: number; rows: number; rowBytes: number }>()
  for (const { sink, objects, rows, rowBytes } of openIn(facts)) {
    const sum = sums.get(sink) ?? { objects: 0, rows: 0, rowBytes: 0 }
    if (objects > 0)
      sums.set(sink, {
        objects: sum.objects + objects,
        rows: sum.rows + rows,
        rowBytes: sum.rowBytes + rowBytes,
      })
  }
  return Object.fromEntries(sums)
}

const partialsOf = ({ partials = {} }: Pick<CommitRecord, 'partials'>): unknown =>
  Object.fromEntries(
    Object.entries(partials).map(([id, { watermark, ranges }]) => [
      id,
      { watermark, ranges: ranges.map(hashOf) },
    ]),
  )

/** The hash says that there is a difference, what was written of each store says in which. */
function* stateDifferences(
  record: CommitRecord,
  now: EpochFacts,
  version: number,
): Generator<Difference> {
  const ids = new Set(
    [...Object.keys(record.state), ...Object.keys(now.state)].filter(
      (id) => version > 1 || !isOpenState(id),
    ),
  )
  let found = false
  for (const id of ids) {
    const [before, again] = [record, now].map(({ state }) => writtenIn(record.index, state[id]))
    // a base in place of a delta says the same in other words
    if (before?.kind !== undefined && again?.kind !== undefined && before.kind !== again.kind)
      continue
    for (const difference of valueDifferences(
      `state of ${id}`,
      before?.sha256,
      again?.sha256,
      true,
    )) {
      found = true
      yield difference
    }
  }
  if (!found) yield* valueDifferences('state', record.stateHash, now.stateHash, true)
}

const writtenIn = (
  index: number,
  segments: readonly StateSegment[] = [],
): StateSegment | undefined => segments.findLast(({ bundle }) => bundleIndex(bundle) === index)

/** The first value inside two that is not the same, and where it is. */
function* valueDifferences(
  what: string,
  recorded: unknown,
  now: unknown,
  lasting = false,
): Generator<Difference> {
  const difference = firstDifference(recorded, now)
  if (!difference) return
  yield {
    what: [what, ...difference.path].join(' '),
    recorded: difference.recorded,
    now: difference.now,
    ...(lasting && { lasting }),
  }
}

interface Unequal {
  readonly path: readonly string[]
  readonly recorded: unknown
  readonly now: unknown
}

function firstDifference(recorded: unknown, now: unknown): Unequal | undefined {
  if (Object.is(recorded, now) || recorded === now) return undefined
  if (!isObject(recorded) || !isObject(now)) return { path: [], recorded, now }
  for (const name of new Set([...Object.keys(recorded), ...Object.keys(now)])) {
    const inner = firstDifference(recorded[name], now[name])
    if (inner) return { ...inner, path: [name, ...inner.path] }
  }
  return undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
