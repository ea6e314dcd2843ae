import type { Clock } from '../clock.ts'
import { Chain, indexOf, lanePrefix, systemPrefix } from '../commit/chain.ts'
import type { Instance } from '../commit/instance.ts'
import type { CommitRecord, LaneName } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { type Finding, RESTORE } from './finding.ts'
import { isRecord } from './record-audit.ts'

const EVERYTHING = '_sluice/'

/** The last segment of a record's key. */
const RECORD = /\/\d{16}\.json$/

/** A lane that has left something in the store. */
export interface FoundLane {
  readonly lane: LaneName
  /** Index of its newest record; 0 where it has none any more. */
  readonly newest: number
}

/**
 * The topic that a pipeline has run on.
 *
 * @throws SluiceError 'config' when there is no such pipeline or topic in the store, or several topics and none is named
 */
export async function findTopic(
  pipeline: string,
  wanted: string | undefined,
  store: ObjectStore,
  clock: Clock,
): Promise<string> {
  const topics: string[] = []
  for await (const folder of foldersIn(systemPrefix(pipeline), store, clock))
    if (await isTopic(pipeline, folder, store, clock)) topics.push(folder)
  const [only, ...others] = topics
  if (only === undefined) throw await unknownPipeline(pipeline, store, clock)
  if (wanted !== undefined && !topics.includes(wanted))
    throw new SluiceError(
      'config',
      `${pipeline} has not run on a topic ${wanted} in ${store.place}; it has on: ${topics.join(', ')}`,
    )
  if (wanted === undefined && others.length > 0)
    throw new SluiceError(
      'config',
      `${pipeline} has run on several topics in ${store.place}: ${topics.join(', ')}; say which with --topic`,
    )
  return wanted ?? only
}

async function isTopic(
  pipeline: string,
  folder: string,
  store: ObjectStore,
  clock: Clock,
): Promise<boolean> {
  const prefix = `${systemPrefix(pipeline)}${folder}/`
  if (await retry(() => store.head(`${prefix}instance.json`), { clock })) return true
  for await (const lane of foldersIn(prefix, store, clock)) if (/^\d+$/.test(lane)) return true
  return false
}

async function unknownPipeline(
  pipeline: string,
  store: ObjectStore,
  clock: Clock,
): Promise<SluiceError> {
  const others: string[] = []
  for await (const folder of foldersIn(EVERYTHING, store, clock)) others.push(folder)
  const known = others.length > 0 ? `there are: ${others.join(', ')}` : 'none has run there'
  return new SluiceError('config', `there is no pipeline ${pipeline} in ${store.place}; ${known}`)
}

/**
 * Id of the instance, by its description or, where that cannot be read, by the records of its lanes.
 *
 * @returns what is wrong with the description too
 */
export async function findInstance(
  pipeline: string,
  topic: string,
  lanes: readonly FoundLane[],
  store: ObjectStore,
  clock: Clock,
): Promise<{ id: string; finding?: Finding }> {
  const where = `${systemPrefix(pipeline)}${topic}/instance.json`
  const bytes = await retry(() => store.get(where), { clock })
  const id = bytes && idIn(bytes)
  if (id !== undefined) return { id }
  const finding: Finding = bytes
    ? { kind: 'altered', where, what: 'it does not describe an instance any more', advice: RESTORE }
    : { kind: 'lost', where, what: 'it is gone, with the id of the instance', advice: RESTORE }
  for (const { lane } of lanes) {
    const record = await newestRecord(lane, store, clock)
    if (record) return { id: record.instance, finding }
  }
  return { id: '', finding }
}

function idIn(bytes: Buffer): string | undefined {
  try {
    const { id } = JSON.parse(bytes.toString()) as Partial<Instance>
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}

/** All lanes of one stage that have left something in the store, in the order of their numbers. */
export async function findLanes(
  pipeline: string,
  topic: string,
  stage: 1 | 2,
  store: ObjectStore,
  clock: Clock,
): Promise<FoundLane[]> {
  const found: FoundLane[] = []
  for await (const folder of foldersIn(`${systemPrefix(pipeline)}${topic}/`, store, clock)) {
    if (!/^\d+$/.test(folder)) continue
    const lane: LaneName = { pipeline, topic, partition: Number(folder), stage }
    const newest = await newestIndex(lane, store, clock)
    if (newest > 0 || (await hasBundles(lane, store, clock))) found.push({ lane, newest })
  }
  return found.sort((a, b) => a.lane.partition - b.lane.partition)
}

/** Index of a lane's newest record as of now; 0 where it has none. */
export async function newestIndex(
  lane: LaneName,
  store: ObjectStore,
  clock: Clock,
): Promise<number> {
  return retry(
    async () => {
      for await (const key of store.list(`${lanePrefix(lane)}commits/`))
        if (RECORD.test(key)) return indexOf(key)
      return 0
    },
    { clock },
  )
}

/** A lane's newest record as of now; undefined where there is none that can be read. */
export async function newestRecord(
  lane: LaneName,
  store: ObjectStore,
  clock: Clock,
): Promise<CommitRecord | undefined> {
  try {
    const stored = await new Chain(lane, store, clock).newest()
    return stored && isRecord(stored.record) ? stored.record : undefined
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'corrupt') return undefined
    throw error
  }
}

const hasBundles = async (lane: LaneName, store: ObjectStore, clock: Clock): Promise<boolean> =>
  (await firstKey(`${lanePrefix(lane)}bundles/`, undefined, store, clock)) !== undefined

/** Names of what looks like folders right under a prefix: one request for each, whatever they hold. */
async function* foldersIn(
  prefix: string,
  store: ObjectStore,
  clock: Clock,
): AsyncGenerator<string> {
  let key = await firstKey(prefix, undefined, store, clock)
  while (key !== undefined) {
    const end = key.indexOf('/', prefix.length)
    if (end >= 0) yield key.slice(prefix.length, end)
    // '0' is what comes after '/': everything in the folder is before it
    const after: string = end >= 0 ? `${key.slice(0, end)}0` : key
    key = await firstKey(prefix, after, store, clock)
  }
}

const firstKey = (
  prefix: string,
  after: string | undefined,
  store: ObjectStore,
  clock: Clock,
): Promise<string | undefined> =>
  retry(
    async () => {
      for await (const key of store.list(prefix, {
        limit: 1,
        ...(after !== undefined && { after }),
      }))
        return key
      return undefined
    },
    { clock },
  )
