import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import { HASH } from '../exchange/ranges.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import type { Selection, TopicPartition } from '../topics.ts'
import { systemPrefix } from './chain.ts'
import { probe } from './probe.ts'

/** What is decided once for all runs of a pipeline, by whoever comes first. */
export interface Instance {
  readonly v: 1
  /** Random: part of object names, so that two instances never write the same key. */
  readonly id: string
  /** Its name. */
  readonly pipeline: string
  /** Name of the pipeline's definition, where that is another: of a run with a name of its own. */
  readonly definition?: string
  /** What there was to read then: keys are divided into as many ranges, and each range rides on one of these. */
  readonly lanes: readonly TopicPartition[]
  readonly hash: string
  /** When the store has withstood the probe. */
  readonly probed: string
}

/** Read the instance, or make it after the store has withstood the probe. */
export async function openInstance(
  pipeline: string,
  lanes: readonly TopicPartition[],
  store: ObjectStore,
  clock: Clock,
  definition = pipeline,
): Promise<Instance> {
  const there = await readInstance(pipeline, store, clock)
  if (there) return there
  await probe(systemPrefix(pipeline), store, clock)
  const instance: Instance = {
    v: 1,
    id: randomBytes(3).toString('hex'),
    pipeline,
    ...(definition !== pipeline && { definition }),
    lanes,
    hash: HASH,
    probed: new Date(clock.now()).toISOString(),
  }
  const body = Buffer.from(`${JSON.stringify(instance, null, 2)}\n`)
  const key = instanceKey(pipeline)
  await retry(() => store.put(key, body, { ifAbsent: true, contentType: 'application/json' }), {
    clock,
  })
  const written = await readInstance(pipeline, store, clock)
  if (written) return written
  throw new SluiceError('service', `${key} was written to ${store.place} and cannot be read back`)
}

/** The instance as it was made, or undefined when this pipeline has never run here. */
export async function readInstance(
  pipeline: string,
  store: ObjectStore,
  clock: Clock,
): Promise<Instance | undefined> {
  const bytes = await retry(() => store.get(instanceKey(pipeline)), { clock })
  return bytes && (JSON.parse(bytes.toString()) as Instance)
}

/**
 * Name of the instance that a run takes part in unless the user gives one. A run on other topics than the pipeline's own must not mix with its state:
 * it has one of its own, `views@clicks`, which no pipeline can be called.
 */
export function instanceName(
  pipeline: string,
  own: Selection,
  topics: readonly string[] = [],
): string {
  const others = topics.toSorted().join('+')
  const isOwn = !(own instanceof RegExp) && own.toSorted().join('+') === others
  return others === '' || isOwn ? pipeline : `${pipeline}@${others}`
}

/** One for all topics, so that a topic may be added to those that a pipeline reads. */
export const instanceKey = (pipeline: string): string => `${systemPrefix(pipeline)}instance.json`
