import { SluiceError } from '../errors.ts'
import { kafkaSink } from '../kafka/sink.ts'
import { type Blueprint, type Pipeline, producedTopics } from '../pipeline.ts'
import type { Log } from '../ports.ts'
import { s3Sink } from '../s3/sink.ts'
import { type Selection, showSelection } from '../topics.ts'

/** Of a new topic that generated events go to, or a pipeline's own. */
export const PARTITIONS = 4

/** Values of a pipeline's own options, by name. */
export type Values = Readonly<Record<string, unknown>>

const built = (pipeline: Pipeline, values: Values = {}): Blueprint =>
  pipeline.build({ s3: s3Sink, kafkaTo: kafkaSink }, values)

/** The values that options have which are not given. */
export const defaultsOf = ({ options }: Pipeline): Values =>
  Object.fromEntries(Object.entries(options).map(([name, { initial }]) => [name, initial]))

/** What a pipeline reads unless a user names other topics. @throws SluiceError 'config' when it cannot be built with these values */
export const topicsOf = (pipeline: Pipeline, values?: Values): Selection =>
  built(pipeline, values).source.topics

/** The topics that a pipeline produces to. @throws as `topicsOf` */
export const producedTopicsOf = (pipeline: Pipeline, values?: Values): string[] =>
  producedTopics(built(pipeline, values).heads)

/** The topic that a pipeline reads. @throws SluiceError 'config' where it reads others as well */
export function onlyTopicOf(pipeline: Pipeline): string {
  const topics = topicsOf(pipeline)
  if (!(topics instanceof RegExp) && topics.length === 1) return topics[0] as string
  throw new SluiceError(
    'config',
    `${pipeline.name} reads ${showSelection(topics)}: say which topic with --topic`,
  )
}

/** Whether anything was ever written to a topic, also what retention has taken away since. */
export async function hasRecords(log: Log, topic: string): Promise<boolean> {
  const ranges = (await log.ranges(topic)) ?? []
  return ranges.some(({ high }) => high > 0)
}

/** Make topics that are not there. Says which it has made. */
export async function createTopics(
  topics: readonly string[],
  partitions: number,
  log: Log,
): Promise<string[]> {
  const lines: string[] = []
  for (const topic of topics) {
    if (await log.ranges(topic)) continue
    await log.create(topic, partitions)
    lines.push(`${topic}: a new topic with ${partitions} partitions, to be produced to`)
  }
  return lines
}
