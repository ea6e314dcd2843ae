import { Command, Option as Flag } from 'commander'
import { systemClock } from '../clock.ts'
import { type Duration, seconds } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import { bytes, duration } from '../options.ts'
import type { Pipeline } from '../pipeline.ts'
import { loadPipeline } from './catalog.ts'
import { generateFirstEvents } from './first-events.ts'
import { flagOf, readName, readTopic, tamed, textFlag } from './flag.ts'
import { dataBudget, DEFAULT_MEMORY } from './heap.ts'
import { observedRun } from './observed-run.ts'
import { openPorts, type Ports } from './ports.ts'
import { topicOf } from './produce.ts'
import { type Stop, stopOnSignals } from './stop.ts'
import { summaryLines } from './summary.ts'

/** Options that every pipeline has; its own ones, by name, beside them. */
interface Given {
  readonly untilEnd?: boolean
  readonly topic?: string
  readonly name?: string
  readonly commitEvery: Duration
  readonly memory: number
  readonly [own: string]: unknown
}

const COMMIT_EVERY = duration(seconds(10), 'longest time between commits')
const MEMORY = bytes(DEFAULT_MEMORY, 'most memory of the process')

/** `run <pipeline>`: what follows the pipeline's name are its own options. */
export function runCommand(): Command {
  return new Command('run')
    .description('run a pipeline; with --help after its name: its options')
    .usage('<pipeline> [options]')
    .argument('[pipeline]', 'pipelines/<pipeline>.ts')
    .argument('[words...]', 'its options')
    .passThroughOptions()
    .action(async (name: string | undefined, words: string[]) => {
      await pipelineCommand(await loadPipeline(name)).parseAsync(words, { from: 'user' })
    })
}

/** The command of one pipeline. */
export function pipelineCommand(pipeline: Pipeline): Command {
  const command = new Command(`sluice run ${pipeline.name}`)
    .addOption(
      new Flag('--until-end', 'stop at the end of the topic as of now, with all windows closed'),
    )
    .addOption(
      textFlag('topic', 'name', `topic to read (default: ${topicOf(pipeline)})`, readTopic),
    )
    .addOption(
      textFlag(
        'name',
        'name',
        `another instance, with state of its own (default: ${pipeline.name})`,
        readName,
      ),
    )
    .addOption(flagOf('commitEvery', COMMIT_EVERY))
    .addOption(flagOf('memory', MEMORY))
  for (const [name, option] of Object.entries(pipeline.options)) {
    const flag = flagOf(name, option)
    if (command.options.some(({ long }) => long === flag.long))
      throw new SluiceError(
        'config',
        `pipelines/${pipeline.name}.ts: every pipeline has ${flag.long}, call yours something else`,
      )
    command.addOption(flag)
  }
  return tamed(command).action((given: Given) => run(pipeline, given))
}

async function run(pipeline: Pipeline, given: Given): Promise<void> {
  const memory = dataBudget(given.memory)
  const ports = await openPorts()
  const stop = stopOnSignals({ clock: systemClock, process, print: console.error })
  try {
    const topic = given.topic ?? topicOf(pipeline)
    if (ports.embedded) await prepareFolders(pipeline, topic, ports, stop)
    if (!stop.signal.aborted) {
      const { untilEnd = ports.embedded, name, commitEvery, maxRecordBytes } = given
      const summary = await observedRun(
        {
          ...ports,
          pipeline,
          values: ownValues(pipeline, given),
          ...(name !== undefined && { name }),
          topic,
          clock: systemClock,
          untilEnd,
          commitEvery,
          memory,
          ...(typeof maxRecordBytes === 'number' && { maxRecordBytes }),
          signal: stop.signal,
        },
        process.stderr,
      )
      const peak = process.resourceUsage().maxRSS * 1_024
      const facts = { pipeline: name ?? pipeline.name, topic, store: ports.store.place, peak }
      for (const line of summaryLines(summary, facts)) console.log(line)
    }
    process.exitCode = stop.code
  } catch (error) {
    // stopped before there was anything to finish
    if (error !== stop.signal.reason) throw error
    process.exitCode = stop.code
  } finally {
    stop.close()
    await ports.close()
  }
}

const ownValues = (pipeline: Pipeline, given: Given): Record<string, unknown> =>
  Object.fromEntries(Object.keys(pipeline.options).map((name) => [name, given[name]]))

async function prepareFolders(
  pipeline: Pipeline,
  topic: string,
  { log, store }: Ports,
  stop: Stop,
): Promise<void> {
  console.error(
    `neither KAFKA_BROKERS nor S3_BUCKET is set: working in the folders ${log.place} and ${store.place}`,
  )
  await generateFirstEvents({
    pipeline,
    topic,
    log,
    events: process.env['EVENTS'],
    clock: systemClock,
    signal: stop.signal,
    screen: process.stderr,
    print: (line) => console.log(line),
  })
}
