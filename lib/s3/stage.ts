import type { Bundle } from '../commit/bundle.ts'
import { metadataOf, TOKEN, writerOf } from '../commit/publish.ts'
import type { StagedObject } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import type { Account } from '../memory.ts'
import { retry } from '../retry.ts'
import type { SinkBinding } from '../sink.ts'
import type { Compression } from './compression.ts'
import type { RunTaker } from './run-heads.ts'
import { Growth } from './growth.ts'
import { type ClosedObject, contentsOf, isCarried, type OpenObject } from './open-object.ts'
import { sortedRows } from '../timed-row.ts'
import { idOf } from '../topics.ts'

/** What a sink knows of its objects besides their rows. */
export interface StageOptions {
  readonly sink: string
  readonly compression: Compression | undefined
  readonly contentType: string
  /** See `GrowthOptions`. */
  readonly isWhole: boolean
  readonly tokenOf: (ordinal: number) => string
}

/** A finished object whose bytes are on their way. */
export interface Leaving {
  readonly facts: Omit<StagedObject, 'staged' | 'bytes' | 'sha256' | 'rowsHash'>
  readonly growth: Growth
  /** Resolves when all of it has been handed to `growth`. */
  readonly ended: Promise<void>
}

/**
 * Let a finished object leave memory, as far as it does not end up in the epoch's bundle. Its rows pass through little memory, however many there are.
 *
 * @param memory what its rows are charged to
 * @param addCarried adds the rows that earlier commits have made durable, where there are any
 */
export function send(
  { object, because, key, ordinal, settings }: ClosedObject,
  memory: Account,
  { sink, compression, contentType, isWhole, tokenOf }: StageOptions,
  binding: SinkBinding,
  addCarried: AddCarried,
): Leaving {
  const facts = {
    ...contentsOf(object),
    sink,
    key,
    token: tokenOf(ordinal),
    because,
    contentType,
    compression: compression?.name,
    settings,
  }
  const upload = { ...settings, metadata: metadataOf(facts), contentType }
  const { frame } = object
  const growth =
    object.growth ?? new Growth({ key, frame, compression, upload, isWhole }, binding, memory)
  growth.moveTo(memory)
  const { rows, held } = object.fresh
  const pieces = object.fresh.take()
  growth.reserve(held)

  const end = async (): Promise<void> => {
    if (object.order === 'time') await addSorted(object, pieces, held, growth, addCarried)
    else {
      if (isCarried(object)) await addCarried(growth)
      if (rows > 0) growth.beginRun()
      growth.addRows(pieces, held)
    }
    await growth.end()
  }
  const ended = end()
  ended.catch(() => undefined) // told to whoever stages it
  return { facts, growth, ended }
}

/** Adds the rows of an object that earlier commits have made durable. */
export type AddCarried = (taker: RunTaker) => Promise<void>

/** Sort an object's rows, those in bundles and the newest, by event time and offset, and add them to it in one run. Holds all of them. */
async function addSorted(
  object: OpenObject,
  newest: readonly Buffer[],
  held: number,
  growth: Growth,
  addCarried: AddCarried,
): Promise<void> {
  const runs: Buffer[][] = []
  const taker: RunTaker = {
    beginRun: () => void runs.push([]),
    // a copy, so that nothing else stays in memory with it
    addRows: (pieces) => void runs.at(-1)?.push(...pieces.map((piece) => Buffer.from(piece))),
    room: () => Promise.resolve(),
  }
  if (isCarried(object)) await addCarried(taker)
  const rows = sortedRows([...runs, newest].map((pieces) => Buffer.concat(pieces)))
  growth.beginRun()
  growth.addRows(
    rows.flatMap(({ row }, i) => (i === 0 ? row : [object.frame.separator, row])),
    held,
  )
}

/** Make a finished object durable and keep it invisible: small ones inside the epoch's bundle, the rest in an upload that stays open. */
export async function stage(
  { facts, growth, ended }: Leaving,
  bundle: Bundle,
): Promise<StagedObject> {
  await ended
  return { ...facts, ...(await growth.stage(bundle)) }
}

/**
 * Look, before the commit, whether a key that is not unique by itself is somebody else's.
 *
 * @throws SluiceError 'config' that names who has taken it
 */
export async function checkFree(key: string, token: string, binding: SinkBinding): Promise<void> {
  const { store, retry: options, lane } = binding
  const there = await retry(() => store.head(key), options)
  if (there === undefined || there.metadata[TOKEN] === token) return
  throw new SluiceError(
    'config',
    `${idOf(lane)}: key taken by another writer (${writerOf(there)}): ${key} in ${store.place}. ` +
      `Give the sink another prefix, or a name that holds the instance and the commit`,
  )
}
