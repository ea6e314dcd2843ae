import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import { HASH } from '../exchange/ranges.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { systemPrefix } from './chain.ts'

/** What is decided once for all runs of a pipeline on a topic, by whoever comes first. */
export interface Instance {
  readonly v: 1
  /** Random: part of object names, so that two instances never write the same key. */
  readonly id: string
  readonly pipeline: string
  readonly topic: string
  /** Into how many ranges keys are divided: the partitions that the topic had then. */
  readonly ranges: number
  readonly hash: string
  /** When the store was last asked to refute that it creates a key only once. */
  readonly probed: string
}

const RIVALS = 16
const PROBE_BYTES = 64 * 1024

/** Read the instance, or make it after the store has withstood the probe. */
export async function openInstance(
  pipeline: string,
  topic: string,
  partitions: number,
  store: ObjectStore,
  clock: Clock,
): Promise<Instance> {
  const key = instanceKey(pipeline, topic)
  const there = await readInstance(pipeline, topic, store, clock)
  if (there) return there
  await probe(systemPrefix(pipeline), store, clock)
  const instance: Instance = {
    v: 1,
    id: randomBytes(3).toString('hex'),
    pipeline,
    topic,
    ranges: partitions,
    hash: HASH,
    probed: new Date(clock.now()).toISOString(),
  }
  const body = Buffer.from(`${JSON.stringify(instance, null, 2)}\n`)
  await retry(() => store.put(key, body, { ifAbsent: true, contentType: 'application/json' }), {
    clock,
  })
  const written = await readInstance(pipeline, topic, store, clock)
  if (written) return written
  throw new SluiceError('service', `${key} was written to ${store.place} and cannot be read back`)
}

/** The instance as it was made, or undefined when this pipeline has never run on this topic here. */
export async function readInstance(
  pipeline: string,
  topic: string,
  store: ObjectStore,
  clock: Clock,
): Promise<Instance | undefined> {
  const bytes = await retry(() => store.get(instanceKey(pipeline, topic)), { clock })
  return bytes && (JSON.parse(bytes.toString()) as Instance)
}

const instanceKey = (pipeline: string, topic: string): string =>
  `${systemPrefix(pipeline)}${topic}/instance.json`

/**
 * Try to refute that the store creates a key only once: a repeated create, then a race of sixteen. It cannot be proved, only refuted; the commit
 * protocol rests on it. An answer that got lost is asked for again and is then `'exists'`, so what counts is who was told of success, and whose bytes
 * are there.
 */
async function probe(prefix: string, store: ObjectStore, clock: Clock): Promise<void> {
  const key = `${prefix}probe/${randomUUID()}`
  const [twice, race] = [`${key}-twice`, `${key}-race`]
  const create = (path: string, rival: number): Promise<'created' | 'exists'> =>
    retry(() => store.put(path, Buffer.alloc(PROBE_BYTES, rival), { ifAbsent: true }), { clock })
  const winnerOf = async (path: string): Promise<number | undefined> =>
    (await retry(() => store.get(path), { clock }))?.[0]

  await create(twice, 0)
  const again = await create(twice, 1)
  const answers = await Promise.all(
    Array.from({ length: RIVALS }, (_, rival) => create(race, rival)),
  )
  const told = answers.flatMap((answer, rival) => (answer === 'created' ? rival : []))
  const winner = await winnerOf(race)
  const kept = again === 'exists' && (await winnerOf(twice)) === 0
  await retry(() => store.delete([twice, race]), { clock })
  if (kept && winner !== undefined && told.every((rival) => rival === winner)) return
  throw new SluiceError(
    'service',
    `${store.place} does not keep the condition If-None-Match: * (${told.length} of ${RIVALS} rivals were told that they created the same key; ` +
      `a repeated create answered '${again}'): commits would not be safe there. Use a store that has conditional writes`,
  )
}
