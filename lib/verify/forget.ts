import type { Clock } from '../clock.ts'
import { SYSTEM } from '../commit/chain.ts'
import type { StagedObject } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { labelOf } from './context.ts'
import {
  type Declaration,
  type Declarations,
  declarationKey,
  declarationOf,
  encodeDeclaration,
  isUnder,
  readDeclarations,
} from './declarations.ts'
import { findLanes, findName, type FoundLane } from './discovery.ts'
import { inventoryOf, placeOf, visibleUpTo } from './inventory.ts'
import { KeySet } from './key-set.ts'

export interface ForgetOptions {
  /** Name of the instance: the pipeline's, unless it was run with another. */
  readonly pipeline: string
  /** Topics that the run was on, where they were not the pipeline's own. */
  readonly topics?: readonly string[]
  /** A key, or a folder with all that lies in it. */
  readonly prefix: string
  readonly reason: string
  readonly by: string
  readonly store: ObjectStore
  readonly clock: Clock
}

/**
 * What has been declared of an instance.
 *
 * @throws SluiceError 'config' when there is no such pipeline
 */
export async function declarationsOf({
  pipeline,
  topics,
  store,
  clock,
}: Pick<ForgetOptions, 'pipeline' | 'topics' | 'store' | 'clock'>): Promise<Declarations> {
  return readDeclarations(await findName(pipeline, topics, store, clock), store, clock)
}

/** A declaration that could be made. */
export interface Forgetting {
  /** Name of the instance. */
  readonly pipeline: string
  readonly declaration: Declaration
  /** Of its objects, how many are still there: readers see them. */
  readonly stillThere: number
  /** Objects that are open or about to become visible: it does not speak of them. */
  readonly notCovered: number
}

/**
 * Say what a declaration comes to that all objects under a prefix, committed and visible by now, were or will be deleted on purpose. Writes nothing.
 *
 * Holds 8 to 23 bytes for each object under the prefix, and a few records.
 *
 * @throws SluiceError 'config' when there is no such pipeline, or nothing to forget; 'corrupt' where a chain or an earlier declaration cannot be read
 */
export async function planForgetting(options: ForgetOptions): Promise<Forgetting> {
  const { topics, reason, by, store, clock } = options
  const prefix = options.prefix.replace(/^\/+|\/+$/g, '')
  const pipeline = await findName(options.pipeline, topics, store, clock)
  check(prefix, reason)
  const { all, findings, hash } = await readDeclarations(pipeline, store, clock)
  for (const { where, what } of findings) throw new SluiceError('corrupt', `${where}: ${what}`)
  const tally = new Tally(prefix, all)
  for (const stage of [1, 2] as const)
    for (const lane of await findLanes(pipeline, stage, store, clock))
      await tally.add(lane, store, clock)
  const { covers, objects, rows, bytes, notCovered } = tally
  if (objects === 0) throw nothingUnder(prefix, tally, store)
  return {
    pipeline,
    declaration: {
      v: 1,
      index: (all.at(-1)?.index ?? 0) + 1,
      prefix,
      reason: reason.trim(),
      by,
      at: new Date(clock.now()).toISOString(),
      covers,
      objects,
      rows,
      bytes,
      prevHash: hash,
    },
    stillThere: await tally.stillThere(store, clock),
    notCovered,
  }
}

/**
 * Make the declaration: from now on `verify` counts its objects as forgotten where they are missing. It is one create-only PUT, and may be done again.
 *
 * @throws SluiceError 'service' when somebody else has declared something since it was planned
 */
export async function declare(
  { pipeline, declaration }: Forgetting,
  store: ObjectStore,
  clock: Clock,
): Promise<void> {
  const key = declarationKey(pipeline, declaration.index)
  const bytes = encodeDeclaration(declaration)
  const put = () => store.put(key, bytes, { ifAbsent: true, contentType: 'application/json' })
  if ((await retry(put, { clock })) === 'created') return
  const there = await retry(() => store.get(key), { clock })
  if (there?.equals(bytes)) return
  throw new SluiceError(
    'service',
    `somebody else has declared something of ${pipeline} at the same time: see it with --list, then try again`,
  )
}

function check(prefix: string, reason: string): void {
  if (prefix === '')
    throw new SluiceError('config', '--prefix has to name a folder or an object, not everything')
  if (`${prefix}/`.startsWith(SYSTEM))
    throw new SluiceError(
      'config',
      `what lies under ${SYSTEM} are the records by which all else is known: it cannot be forgotten`,
    )
  if (reason.trim() === '') throw new SluiceError('config', '--reason has to say why')
}

function nothingUnder(
  prefix: string,
  { notCovered, covered, sinks }: Tally,
  store: ObjectStore,
): SluiceError {
  const why =
    notCovered > 0
      ? `what lies under ${prefix} is open or about to become visible: try again when it is`
      : covered > 0
        ? `all that was committed under ${prefix} is declared already`
        : `nothing was ever committed under ${prefix} in ${store.place}; sinks are: ${[...sinks].sort().join(', ')}`
  return new SluiceError('config', why)
}

/** What lies under a prefix, over all lanes. */
class Tally {
  readonly covers: Record<string, number> = {}
  readonly sinks = new Set<string>()
  objects = 0
  rows = 0
  bytes = 0
  notCovered = 0
  /** Objects of earlier declarations. */
  covered = 0
  readonly #prefix: string
  readonly #declared: readonly Declaration[]
  readonly #keys = new KeySet()

  constructor(prefix: string, declared: readonly Declaration[]) {
    this.#prefix = prefix
    this.#declared = declared
  }

  async add(found: FoundLane, store: ObjectStore, clock: Clock): Promise<void> {
    const { lane } = found
    const covers = await visibleUpTo(found, store, clock)
    this.covers[labelOf(lane)] = covers
    for await (const listed of inventoryOf(found, store, clock)) {
      const { state, commit, object } = listed
      this.sinks.add(object.sink)
      if (!isUnder(placeOf(listed), this.#prefix)) continue
      if (state === 'open' || commit > covers) this.notCovered++
      else if (declarationOf(object.key, labelOf(lane), commit, this.#declared)) this.covered++
      else this.#forget(object)
    }
  }

  #forget({ key, rows, bytes }: StagedObject): void {
    this.#keys.add(key)
    this.objects++
    this.rows += rows
    this.bytes += bytes
  }

  async stillThere(store: ObjectStore, clock: Clock): Promise<number> {
    return retry(
      async () => {
        let count = 0
        for await (const key of store.list(this.#prefix)) if (this.#keys.has(key)) count++
        return count
      },
      { clock },
    )
  }
}
