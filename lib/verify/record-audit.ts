import {
  type CarriedObject,
  type CommitRecord,
  instanceOf,
  type LaneName,
  type StagedObject,
  type Stored,
} from '../commit/record.ts'
import { without } from '../lane/dropped-state.ts'
import { idOf } from '../topics.ts'
import type { FindingKind } from './finding.ts'
import { mayBeOpen, rowProblems } from './open-audit.ts'

export interface Problem {
  readonly kind: FindingKind
  readonly what: string
}

/** Where a record was found: what it has to say of itself. */
export interface Place {
  readonly lane: LaneName
  readonly index: number
  readonly instance: string
}

const contradiction = (what: string): Problem => ({ kind: 'contradiction', what })

/** Whether it has the fields of a commit record, so that the rest can be read. */
export const isRecord = (value: Partial<CommitRecord>): value is CommitRecord =>
  [value.objects, value.carried].every((list) => Array.isArray(list)) &&
  [value.lane, value.fates, value.state, value.recorded].every(
    (field) => typeof field === 'object' && field !== null,
  ) &&
  [value.index, value.from, value.to, value.records].every((field) => Number.isSafeInteger(field))

/**
 * All that is wrong with one record by itself and after its predecessor. Pure.
 *
 * @param before the record of the index before; undefined for the first, and after one that is missing or cannot be read
 */
export function* problemsOf(
  { record }: Stored,
  before: Stored | undefined,
  place: Place,
): Generator<Problem> {
  yield* identityProblems(record, place)
  yield* epochProblems(record)
  yield* fateProblems(record)
  yield* objectProblems(record)
  if (place.index === 1 && (record.prevHash !== null || record.kind !== 'claim'))
    yield contradiction('a chain begins with a claim that has no predecessor')
  if (!before) return
  yield* linkProblems(record, before)
  yield* originProblems(record, before.record)
  yield* carriedProblems(record, before.record)
  yield* rowProblems(record, before.record)
}

function* identityProblems(
  { index, lane, instance }: CommitRecord,
  place: Place,
): Generator<Problem> {
  if (index !== place.index) yield contradiction(`it says that it is record ${index}`)
  if (nameOf(lane) !== nameOf(place.lane))
    yield contradiction(`it says that it is of ${nameOf(lane)}`)
  if (instance !== place.instance)
    yield contradiction(`it is of instance ${instance}, not ${place.instance}`)
}

const nameOf = (lane: LaneName): string => `${lane.pipeline} ${idOf(lane)} stage ${lane.stage}`

function* epochProblems({ kind, lane, from, to, records }: CommitRecord): Generator<Problem> {
  if (to < from) yield contradiction(`its epoch ends at ${to}, before it begins at ${from}`)
  if (kind !== 'commit' && (to !== from || records !== 0))
    yield contradiction(`it is a ${kind} and has records`)
  if (lane.stage === 1 && records > to - from)
    yield {
      kind: 'doubled',
      what: `it has ${records} records at ${to - from} offsets, ${from} to ${to - 1}`,
    }
}

function* fateProblems({ fates, records }: CommitRecord): Generator<Problem> {
  for (const [sink, { kept, expanded = {}, dropped, rejected }] of Object.entries(fates)) {
    const made = sumOf(expanded)
    const sum = kept + sumOf(dropped) + sumOf(rejected)
    if (sum === records + made) continue
    const more = made > 0 ? `, and ${made} more messages made of them,` : ''
    yield {
      kind: sum < records + made ? 'lost' : 'doubled',
      what: `of its ${records} records${more} ${sink} has kept ${kept}, and ${sum - kept} were dropped or rejected before it: that makes ${sum}`,
    }
  }
}

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, n) => sum + n, 0)

function* objectProblems(record: CommitRecord): Generator<Problem> {
  const { kind, objects, outbox = [], lane, to } = record
  if ((kind === 'release' || kind === 'trial') && objects.length + outbox.length > 0)
    yield contradiction(`it is a ${kind} and lists objects or messages`)
  if (new Set(objects.map(({ key }) => key)).size < objects.length)
    yield { kind: 'doubled', what: 'it lists a key twice' }
  if (new Set(objects.map(({ token }) => token)).size < objects.length)
    yield { kind: 'doubled', what: 'it lists an object twice' }
  for (const object of objects) {
    if (kind === 'commit' && !object.token.startsWith(tokenOf(record, object)))
      yield contradiction(`${object.key} has the token of another commit: ${object.token}`)
    if (lane.stage === 1 && object.lastOffset >= to)
      yield contradiction(`${object.key} ends at offset ${object.lastOffset}, the record at ${to}`)
  }
}

/** How the token of an object begins that this commit finished. */
const tokenOf = ({ instance, lane, index, owner }: CommitRecord, { sink }: StagedObject): string =>
  `${[instanceOf(instance, lane.stage), lane.pipeline, lane.topic, lane.partition, lane.stage, index, owner, encodeURI(sink)].join('/')}/`

function* linkProblems(record: CommitRecord, { record: before, hash }: Stored): Generator<Problem> {
  if (record.prevHash !== hash)
    yield {
      kind: 'altered',
      what: `it was written after a record ${before.index} with other bytes: that one was altered since, or this one`,
    }
  if (record.from < before.to)
    yield {
      kind: 'doubled',
      what: `it begins at offset ${record.from}, but the one before it ends at ${before.to}`,
    }
  if (record.from > before.to)
    yield {
      kind: 'lost',
      what: `it begins at offset ${record.from}, but the one before it ends at ${before.to}`,
    }
  if (record.kind !== 'claim' && record.owner !== before.owner)
    yield contradiction(`its owner ${record.owner} has not claimed the lane: ${before.owner} has`)
  if (record.sealed < before.sealed)
    yield contradiction('it opens windows that were closed for good')
  for (const [id, { index }] of Object.entries(before.vector ?? {}))
    if ((record.vector?.[id]?.index ?? 0) < index)
      yield {
        kind: 'doubled',
        what: `it has merged fewer records of ${id} than the one before it`,
      }
}

/** What a claim, a trial or a release says again. */
const COPIED = ['watermark', 'state', 'stateHash', 'carried', 'open'] as const

/** Where its objects come from: this epoch, what was carried into it, or for a claim what is copied. */
function* originProblems(record: CommitRecord, before: CommitRecord): Generator<Problem> {
  if (record.kind !== 'commit') {
    const copied =
      record.kind === 'claim' ? [...COPIED, 'objects' as const, 'outbox' as const] : COPIED
    const left = { ...before, state: without(before.state, record.dropped ?? []) }
    for (const field of copied)
      if (JSON.stringify(record[field]) !== JSON.stringify(left[field]))
        yield contradiction(
          `it is a ${record.kind} and has another ${field} than the record before it`,
        )
    return
  }
  if (record.lane.stage === 2) return
  for (const object of record.objects)
    if (
      object.firstOffset < record.from &&
      !mayBeOpen(before, object.sink, object.firstOffset) &&
      !before.carried.some((open) => closes(object, open))
    )
      yield {
        kind: 'doubled',
        what: `${object.key} begins at offset ${object.firstOffset}, before the record does, and was not open`,
      }
}

/** Rows that were carried before version 2 go on being carried, or are in an object. */
function* carriedProblems(record: CommitRecord, before: CommitRecord): Generator<Problem> {
  for (const open of before.carried) {
    const goesOn = record.carried.some((next) => extendsIt(next, open))
    if (!goesOn && !record.objects.some((object) => closes(object, open)))
      yield {
        kind: 'lost',
        what: `the open object of ${folderOf(open)} (${open.rows} rows, offsets ${open.firstOffset} to ${open.lastOffset}) is neither open any more nor finished`,
      }
  }
  for (const open of record.carried) {
    const rows = open.segments.reduce((sum, segment) => sum + segment.rows, 0)
    if (rows !== open.rows)
      yield contradiction(
        `the open object of ${folderOf(open)} has ${open.rows} rows, its segments ${rows}`,
      )
  }
}

export const folderOf = ({ sink, folder }: Pick<CarriedObject, 'sink' | 'folder'>): string =>
  [sink.replace(/^\/+|\/+$/g, ''), folder].filter((part) => part !== '').join('/')

/** Whether an object is what became of an open one. */
export const closes = (object: StagedObject, open: CarriedObject): boolean =>
  object.sink === open.sink &&
  object.firstOffset === open.firstOffset &&
  object.rows >= open.rows &&
  object.key.startsWith(folderOf(open))

/** Whether an open object is another one, with more rows. */
export const extendsIt = (next: CarriedObject, open: CarriedObject): boolean =>
  next.sink === open.sink &&
  next.folder === open.folder &&
  open.segments.every(({ bundle, from, sha256 }, i) => {
    const segment = next.segments[i]
    return segment?.bundle === bundle && segment.from === from && segment.sha256 === sha256
  })
