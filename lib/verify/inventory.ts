import type { Clock } from '../clock.ts'
import { Chain } from '../commit/chain.ts'
import { isVisible } from '../commit/pending.ts'
import type { CommitRecord, LaneName, StagedObject } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { readAhead } from '../read-ahead.ts'
import { entriesOf } from './chain-entries.ts'
import { labelOf } from './context.ts'
import { type Declaration, declarationOf, readDeclarations } from './declarations.ts'
import { findLanes, findName, type FoundLane } from './discovery.ts'
import { type OpenObject, openObjectsOf } from './open-objects.ts'

/** An object that a commit lists. */
export interface CommittedObject {
  /** `pending`: committed, and not visible yet. `forgotten`: somebody has declared that it is, or will be, deleted on purpose. */
  readonly state: 'committed' | 'pending' | 'forgotten'
  readonly lane: LaneName
  /** Index of the record that lists it. */
  readonly commit: number
  readonly object: StagedObject
}

/** Committed rows of an object that still takes more, and has no key yet. */
export interface OpenRows {
  readonly state: 'open'
  readonly lane: LaneName
  readonly commit: number
  readonly object: OpenObject
}

export type Listed = CommittedObject | OpenRows

export interface InventoryOptions {
  /** Name of the instance: the pipeline's, unless it was run with another. */
  readonly pipeline: string
  /** Topics that the run was on, where they were not the pipeline's own; or some of its own, the lanes of which are wanted. */
  readonly topics?: readonly string[]
  readonly store: ObjectStore
  readonly clock: Clock
}

/** Objects that are looked up at a time, of those that may be pending. */
const AT_A_TIME = 8

/**
 * Every object that a pipeline has committed, lane by lane in the order of the commits, then the open ones: as of now, of a running pipeline too. Objects that
 * the newest record lists are looked up; those of older records were visible before it was written.
 *
 * Holds a few records, however many objects there are.
 *
 * @throws SluiceError 'config' when there is no such pipeline or topic; 'corrupt' where a record cannot be read, since what it listed is not known then
 */
export async function* inventory(options: InventoryOptions): AsyncGenerator<Listed> {
  const { pipeline, topics, store, clock } = options
  const name = await findName(pipeline, topics, store, clock)
  const { all: declared } = await readDeclarations(name, store, clock)
  for (const stage of [1, 2] as const)
    for (const found of await findLanes(name, stage, store, clock))
      if (topics?.includes(found.lane.topic) ?? true)
        for await (const listed of inventoryOf(found, store, clock))
          yield isForgotten(listed, declared) ? { ...listed, state: 'forgotten' } : listed
}

const isForgotten = (listed: Listed, declared: readonly Declaration[]): listed is CommittedObject =>
  listed.state === 'committed' &&
  declarationOf(listed.object.key, labelOf(listed.lane), listed.commit, declared) !== undefined

/** The same of one lane, whatever was declared. @throws SluiceError 'corrupt' as `inventory` */
export async function* inventoryOf(
  { lane, newest }: FoundLane,
  store: ObjectStore,
  clock: Clock,
): AsyncGenerator<Listed> {
  const chain = new Chain(lane, store, clock)
  const last = await recordAt(chain, newest)
  const unsettled = new Set(last.objects.map(({ token }) => token))
  const stateOf = async (object: StagedObject): Promise<CommittedObject['state']> =>
    !unsettled.has(object.token) || (await isVisible(object, store, clock))
      ? 'committed'
      : 'pending'
  for await (const { index, stored, problem } of entriesOf(chain, newest)) {
    if (!stored) throw unreadable(lane, index, problem.what)
    const objects = readAhead(objectsOf(stored.record), AT_A_TIME, async (object) => ({
      object,
      state: await stateOf(object),
    }))
    for await (const { object, state } of objects) yield { state, lane, commit: index, object }
  }
  for (const object of await openObjectsOf(last, store, clock))
    yield { state: 'open', lane, commit: newest, object }
}

/** Index of a lane's newest record all objects of which, and of those before it, are visible. */
export async function visibleUpTo(
  { lane, newest }: FoundLane,
  store: ObjectStore,
  clock: Clock,
): Promise<number> {
  const chain = new Chain(lane, store, clock)
  let record = await recordAt(chain, newest)
  const states = readAhead(record.objects, AT_A_TIME, (object) => isVisible(object, store, clock))
  let pending = 0
  for await (const visible of states) if (!visible) pending++
  if (pending === 0) return newest
  // claims say again what the commit before them lists
  while (record.kind !== 'commit') record = await recordAt(chain, record.index - 1)
  return record.index - 1
}

async function recordAt(chain: Chain, index: number): Promise<CommitRecord> {
  const stored = await chain.read(index)
  if (stored) return stored.record
  throw unreadable(chain.lane, index, 'the chain has no such record any more')
}

/** What an object lies in as far as that is known: its key; of one that is still open its folder, with a slash at the end. */
export const placeOf = ({
  state,
  object,
}: Pick<CommittedObject, 'state' | 'object'> | Pick<OpenRows, 'state' | 'object'>): string =>
  state === 'open'
    ? `${[object.sink, object.folder].filter((part) => part !== '').join('/')}/`
    : object.key

const unreadable = (lane: LaneName, index: number, what: string): SluiceError =>
  new SluiceError(
    'corrupt',
    `${labelOf(lane)} record ${index}: ${what}, so what it lists is not known; see what verify says`,
  )

/** The objects that a record adds: a claim says again those of the record before it. */
export const objectsOf = ({ kind, objects }: CommitRecord): readonly StagedObject[] =>
  kind === 'commit' ? objects : []
