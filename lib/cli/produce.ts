import { Command, Option as Flag } from 'commander'
import { systemClock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import type { EventSchema } from '../generator/schema.ts'
import { integer } from '../options.ts'
import { kafkaSink } from '../kafka/sink.ts'
import { type Pipeline, producedTopics } from '../pipeline.ts'
import type { Log } from '../ports.ts'
import { s3Sink } from '../s3/sink.ts'
import { type Selection, showSelection } from '../topics.ts'
import { loadPipeline, loadSchema } from './catalog.ts'
import { flagOf, readTopic, textFlag } from './flag.ts'
import { generate, generatedLines } from './generate.ts'
import { openLog } from './ports.ts'
import { stopOnSignals } from './stop.ts'
import { formatCount } from './text.ts'

/** The plan unless said otherwise; also what a pipeline without broker and store generates for itself. */
export const PLAN = {
  events: 1_000_000,
  seed: 1,
  duplicates: 0.01,
  late: 0.001,
  malformed: 0.001,
} as const

export const PARTITIONS = 4

interface Given {
  readonly events: number
  readonly seed: number
  readonly duplicates: number
  readonly late: number
  readonly malformed: number
  readonly schema?: string
  readonly topic?: string
  readonly partitions: number
  readonly ifEmpty?: boolean
}

/** `produce <pipeline>`: generate events into the topic that the pipeline reads; make the topics that it produces to. */
export function produceCommand(): Command {
  return new Command('produce')
    .description(
      'generate events into the topic that a pipeline reads, and make the topics it produces to',
    )
    .argument('[pipeline]', 'pipelines/<pipeline>.ts')
    .addOption(flagOf('events', integer(PLAN.events, 'records to write, of all kinds together')))
    .addOption(flagOf('seed', integer(PLAN.seed, 'the same seed gives the same records', 0)))
    .addOption(rate('duplicates', 'part that repeats an earlier record'))
    .addOption(rate('late', 'part that is hours behind'))
    .addOption(rate('malformed', 'part that no pipeline can take'))
    .addOption(
      textFlag('schema', 'file', 'columns (default: pipelines/<pipeline>.generator.ts)', String),
    )
    .addOption(textFlag('topic', 'name', "topic (default: the pipeline's)", readTopic))
    .addOption(flagOf('partitions', integer(PARTITIONS, 'partitions of a new topic')))
    .addOption(new Flag('--if-empty', 'only where the topic has no record yet'))
    .action(produce)
}

function rate(name: 'duplicates' | 'late' | 'malformed', help: string) {
  return textFlag(name, 'rate', help, (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= 0 && value <= 1) return value
    throw new SluiceError('config', `takes a number from 0 to 1 such as 0.01, not '${text}'`)
  }).default(PLAN[name])
}

async function produce(name: string | undefined, given: Given): Promise<void> {
  const { duplicates, late, malformed } = given
  if (duplicates + late + malformed > 1)
    throw new SluiceError('config', '--duplicates, --late and --malformed together are more than 1')
  const pipeline = await loadPipeline(name)
  const schema = await schemaOf(pipeline, given.schema)
  const topic = given.topic ?? onlyTopicOf(pipeline)
  const log = await openLog()
  const stop = stopOnSignals({ clock: systemClock, process, screen: process.stderr })
  try {
    for (const line of await createTopics(producedTopicsOf(pipeline), given.partitions, log))
      console.log(line)
    if (given.ifEmpty && (await hasRecords(log, topic)))
      return console.log(`${topic} has records already at ${log.place}: nothing written`)
    const generated = await generate({
      log,
      topic,
      partitions: given.partitions,
      plan: { ...given, schema },
      clock: systemClock,
      signal: stop.signal,
      screen: process.stderr,
    })
    for (const line of generatedLines(topic, generated)) console.log(line)
    const { failed, firstFailure } = generated.profile
    if (failed > 0)
      throw new SluiceError(
        'service',
        `${formatCount(failed)} records were not acknowledged by ${log.place}, the first because of: ${firstFailure}`,
      )
    process.exitCode = stop.code
  } finally {
    stop.close()
    await log.close()
  }
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

async function schemaOf(pipeline: Pipeline, file: string | undefined): Promise<EventSchema> {
  const schema = await loadSchema(pipeline.name, file)
  if (schema) return schema
  throw new SluiceError(
    'config',
    `there is no pipelines/${pipeline.name}.generator.ts: write one, or name a file with --schema`,
  )
}

const built = (pipeline: Pipeline, values: Readonly<Record<string, unknown>> = {}) =>
  pipeline.build({ s3: s3Sink, kafkaTo: kafkaSink }, values)

/** What a pipeline reads unless a user names other topics. @throws SluiceError 'config' when it cannot be built with these values */
export const topicsOf = (
  pipeline: Pipeline,
  values?: Readonly<Record<string, unknown>>,
): Selection => built(pipeline, values).source.topics

/** The topics that a pipeline produces to. @throws as `topicsOf` */
export const producedTopicsOf = (
  pipeline: Pipeline,
  values?: Readonly<Record<string, unknown>>,
): string[] => producedTopics(built(pipeline, values).heads)

function onlyTopicOf(pipeline: Pipeline): string {
  const topics = topicsOf(pipeline)
  if (!(topics instanceof RegExp) && topics.length === 1) return topics[0] as string
  throw new SluiceError(
    'config',
    `${pipeline.name} reads ${showSelection(topics)}: say which topic with --topic`,
  )
}
