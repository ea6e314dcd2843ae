import type { Clock } from '../clock.ts'
import { Chain, indexOf, lanePrefix, SYSTEM, systemPrefix } from '../commit/chain.ts'
import { type Instance, instanceKey, instanceName } from '../commit/instance.ts'
import type { CommitRecord, LaneName } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { type Finding, RESTORE } from './finding.ts'
import { isRecord } from './record-audit.ts'

/** The last segment of a record's key. */
const RECORD = /\/\d{16}\.json$/

/** A lane that has left something in the store. */
export interface FoundLane {
  readonly lane: LaneName
  /** Index of its newest record; 0 where it has none any more. */
  readonly newest: number
}

/**
 * Name of the instance of a pipeline that has run on these topics, or of its own one where none are named.
 *
 * @param topics what was given as --topic: the topics of a run on others than the pipeline's own, or some of its own
 * @throws SluiceError 'config' when there is none in the store, or several to choose from
 */
export async function findName(
  pipeline: string,
  topics: readonly string[] | undefined,
  store: ObjectStore,
  clock: Clock,
): Promise<string> {
  const names: string[] = []
  for await (const rest of foldersIn(`${SYSTEM}${pipeline}`, store, clock))
    if (rest === '' || rest.startsWith('@')) names.push(pipeline + rest)
  if (names.length === 0) throw await unknownPipeline(pipeline, store, clock)
  const others = instanceName(pipeline, [], topics)
  if (names.includes(others)) return others
  const read = names.includes(pipeline) ? await topicsOf(pipeline, store, clock) : []
  if (topics?.every((topic) => read.includes(topic))) return pipeline
  const all = [...read, ...names.filter((name) => name !== pipeline).map(topicsIn)]
  if (topics !== undefined)
    throw new SluiceError(
      'config',
      `${pipeline} has not run on ${topics.join(', ')} in ${store.place}; it has on: ${all.join('; ')}`,
    )
  const [only, ...more] = names
  if (more.length === 0) return only as string
  throw new SluiceError(
    'config',
    `${pipeline} has run several times on topics that were named in ${store.place}: ${all.join('; ')}; say which with --topic`,
  )
}

const topicsIn = (name: string): string => name.slice(name.indexOf('@') + 1).replaceAll('+', ',')

/** The topics that an instance has read, sorted. */
async function topicsOf(name: string, store: ObjectStore, clock: Clock): Promise<string[]> {
  const topics: string[] = []
  for await (const folder of foldersIn(systemPrefix(name), store, clock))
    for await (const lane of foldersIn(`${systemPrefix(name)}${folder}/`, store, clock)) {
      if (!isPartition(lane)) continue
      topics.push(folder)
      break
    }
  return topics
}

const isPartition = (folder: string): boolean => /^\d+$/.test(folder)

/** Names of all instances that have run in a store. */
export async function instancesIn(store: ObjectStore, clock: Clock): Promise<string[]> {
  const names: string[] = []
  for await (const name of foldersIn(SYSTEM, store, clock)) names.push(name)
  return names
}

async function unknownPipeline(
  pipeline: string,
  store: ObjectStore,
  clock: Clock,
): Promise<SluiceError> {
  const others = await instancesIn(store, clock)
  const known = others.length > 0 ? `there are: ${others.join(', ')}` : 'none has run there'
  return new SluiceError('config', `there is no pipeline ${pipeline} in ${store.place}; ${known}`)
}

/** An instance, as far as it can be known. */
export interface FoundInstance extends Pick<Instance, 'id' | 'lanes'> {
  /** What is wrong with its description. */
  readonly finding?: Finding
}

/** Look an instance up by its description or, where that cannot be read, by its lanes and their records. */
export async function findInstance(
  pipeline: string,
  merging: readonly FoundLane[],
  reading: readonly FoundLane[],
  store: ObjectStore,
  clock: Clock,
): Promise<FoundInstance> {
  const where = instanceKey(pipeline)
  const bytes = await retry(() => store.get(where), { clock })
  const instance = bytes && described(bytes)
  if (instance) return instance
  const lanes = merging.map(({ lane }) => lane)
  const finding: Finding = bytes
    ? { kind: 'altered', where, what: 'it does not describe an instance any more', advice: RESTORE }
    : { kind: 'lost', where, what: 'it is gone, with the id of the instance', advice: RESTORE }
  for (const { lane } of [...merging, ...reading]) {
    const record = await newestRecord(lane, store, clock)
    if (record) return { id: record.instance, lanes, finding }
  }
  return { id: '', lanes, finding }
}

function described(bytes: Buffer): FoundInstance | undefined {
  try {
    const { id, lanes } = JSON.parse(bytes.toString()) as Partial<Instance>
    return typeof id === 'string' && Array.isArray(lanes) ? { id, lanes } : undefined
  } catch {
    return undefined
  }
}

/** All lanes of one stage that have left something in the store, in the order of topics and numbers. */
export async function findLanes(
  pipeline: string,
  stage: 1 | 2,
  store: ObjectStore,
  clock: Clock,
): Promise<FoundLane[]> {
  const found: FoundLane[] = []
  for (const topic of await topicsOf(pipeline, store, clock)) {
    const lanes: FoundLane[] = []
    for await (const folder of foldersIn(`${systemPrefix(pipeline)}${topic}/`, store, clock)) {
      if (!isPartition(folder)) continue
      const lane: LaneName = { pipeline, topic, partition: Number(folder), stage }
      const newest = await newestIndex(lane, store, clock)
      if (newest > 0 || (await hasBundles(lane, store, clock))) lanes.push({ lane, newest })
    }
    found.push(...lanes.sort((a, b) => a.lane.partition - b.lane.partition))
  }
  return found
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
