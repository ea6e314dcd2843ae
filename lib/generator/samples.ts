import { SluiceError } from '../errors.ts'
import { isTopicName } from '../topics.ts'

/** Records of a topic that somebody wrote by hand: `pipelines/<name>.samples.ts`. */
export interface Samples {
  /** The topic that they are of. */
  readonly topic: string
  /** Of that topic, where it is not there yet. */
  readonly partitions: number
  /** Field whose value is a record's key, dotted where it lies deeper. Without it records have no key. */
  readonly key?: string
  /** The records' values, one on each line. They are produced as they stand; those that are no JSON too. */
  readonly file: URL
  /** Which values of its options a pipeline has to have to be shown these, where it has such options. Default: any. */
  readonly options?: Readonly<Record<string, unknown>>
}

/**
 * Refuse what is no description of samples. It comes from a file that people edit, so nothing about it is taken for granted.
 *
 * @param place the file, for messages
 * @throws SluiceError 'config' that names the file
 */
export function checkSamples(samples: unknown, place: string): Samples {
  const { topic, partitions, file, key } = (samples ?? {}) as Partial<Samples>
  if (typeof topic !== 'string' || !isTopicName(topic))
    throw wrong(place, `topic is ${String(topic)}: it has to be the name of a topic`)
  if (!(Number.isSafeInteger(partitions) && partitions! >= 1))
    throw wrong(place, `partitions is ${partitions}: it has to be a whole number of at least 1`)
  if (!(file instanceof URL))
    throw wrong(place, `file has to be new URL('./<file>', import.meta.url)`)
  if (key !== undefined && typeof key !== 'string')
    throw wrong(place, `key is ${String(key)}: it has to be the name of a field`)
  return samples as Samples
}

/** Whether a pipeline that reads this topic, with these values of its options, is to be shown these samples. */
export const suits = (
  { topic, options = {} }: Samples,
  wanted: { readonly topic: string; readonly values: Readonly<Record<string, unknown>> },
): boolean =>
  topic === wanted.topic &&
  Object.entries(options).every(
    ([name, value]) => !(name in wanted.values) || wanted.values[name] === value,
  )

const wrong = (place: string, problem: string): SluiceError =>
  new SluiceError('config', `${place}: ${problem}`)
