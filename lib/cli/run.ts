import { Command, Option as Flag } from 'commander'
import { systemClock } from '../clock.ts'
import { instanceName } from '../commit/instance.ts'
import { type Duration, seconds } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import { bytes, duration } from '../options.ts'
import type { Pipeline } from '../pipeline.ts'
import { type Selection, showSelection } from '../topics.ts'
import { loadPipeline } from './catalog.ts'
import { writeFirstEvents } from './first-events.ts'
import { flagOf, readName, readPort, readTopics, tamed, textFlag } from './flag.ts'
import { Health } from './health.ts'
import type { MetricsOptions } from './metrics/metrics.ts'
import { Meter } from './meter.ts'
import { dataBudget, DEFAULT_MEMORY } from './heap.ts'
import { observedRun, type Watching } from './observed-run.ts'
import { openPorts, type Ports } from './ports.ts'
import {
  createTopics,
  PARTITIONS,
  producedTopicsOf,
  topicsOf,
  type Values,
} from './pipeline-topics.ts'
import { type Stop, stopOnSignals } from './stop.ts'
import { summaryLines } from './summary.ts'

/** Options that every pipeline has; its own ones, by name, beside them. */
interface Given {
  readonly untilEnd?: boolean
  readonly topic?: readonly string[]
  readonly name?: string
  readonly commitEvery: Duration
  readonly memory: number
  readonly healthPort?: number
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

/** The command of one pipeline. @throws SluiceError 'config' where its options clash with those that all have */
export function pipelineCommand(pipeline: Pipeline): Command {
  const { name, options } = pipeline
  const command = new Command(`sluice run ${name}`)
    .addOption(
      new Flag('--until-end', 'stop at the end of the topic as of now, all windows closed'),
    )
    .addOption(
      textFlag(
        'topic',
        'names',
        `others than ${showSelection(topicsOf(pipeline))}, with commas between them`,
        readTopics,
      ),
    )
    .addOption(textFlag('name', 'name', `another instance, with its own state`, readName))
    .addOption(flagOf('commitEvery', COMMIT_EVERY))
    .addOption(flagOf('memory', MEMORY))
    .addOption(
      textFlag('health-port', 'n', 'answer GET /livez, /readyz and /metrics there', readPort),
    )
  for (const [own, option] of Object.entries(options)) {
    const flag = flagOf(own, option)
    if (command.options.some(({ long }) => long === flag.long)) throw taken(name, flag)
    command.addOption(flag)
  }
  return tamed(command).action((given: Given) => run(pipeline, given))
}

const taken = (pipeline: string, { long }: Flag): SluiceError =>
  new SluiceError(
    'config',
    `pipelines/${pipeline}.ts: every pipeline has ${long} already, call your option something else`,
  )

async function run(pipeline: Pipeline, given: Given): Promise<void> {
  const memory = dataBudget(given.memory)
  const values = ownValues(pipeline, given)
  const topics = given.topic ?? topicsOf(pipeline, values)
  const stop = stopOnSignals({ clock: systemClock, process, screen: process.stderr })
  const health = new Health(systemClock, stop.signal)
  const meter = new Meter(systemClock)
  const name = given.name ?? instanceName(pipeline.name, topicsOf(pipeline, values), given.topic)
  const probes = await answerProbes({ name, clock: systemClock, meter, health }, given.healthPort)
  const observers = probes ? [health, probes.metrics] : [health]
  let ports: Ports | undefined
  try {
    ports = await openPorts()
    if (ports.embedded) await prepareFolders(pipeline, { topics, values }, ports, stop)
    if (!stop.signal.aborted)
      await work(pipeline, { ...given, memory, values }, ports, { meter, observers }, stop.signal)
  } catch (error) {
    // stopped before there was anything to finish
    if (error !== stop.signal.reason) throw error
  } finally {
    probes?.close()
    stop.close()
    await ports?.close()
  }
  process.exitCode = stop.code
}

/** Where a port is given; server and metrics are loaded for that only. */
async function answerProbes(options: MetricsOptions, port: number | undefined) {
  if (port === undefined) return undefined
  const { serveHealth } = await import('./health-server.ts')
  const { Metrics } = await import('./metrics/metrics.ts')
  const metrics = new Metrics(options)
  const server = await serveHealth(options.health, metrics, port)
  return { metrics, close: () => server.close() }
}

const ownValues = ({ options }: Pipeline, given: Given): Values =>
  Object.fromEntries(Object.keys(options).map((name) => [name, given[name]]))

async function work(
  pipeline: Pipeline,
  given: Given & { readonly values: Values },
  { log, store, embedded }: Ports,
  watching: Omit<Watching, 'screen'>,
  signal: AbortSignal,
): Promise<void> {
  const { untilEnd = embedded, topic: others, name, commitEvery, memory, values } = given
  const summary = await observedRun(
    {
      pipeline,
      values,
      log,
      store,
      clock: systemClock,
      untilEnd,
      commitEvery,
      memory,
      signal,
      ...(others !== undefined && { topics: others }),
      ...(name !== undefined && { name }),
    },
    { ...watching, screen: process.stderr },
  )
  const peak = process.resourceUsage().maxRSS * 1_024
  const own = topicsOf(pipeline, values)
  const facts = {
    pipeline: pipeline.name,
    name,
    topics: others ?? own,
    others,
    store: store.place,
    peak,
  }
  for (const line of summaryLines(summary, facts)) console.log(line)
}

async function prepareFolders(
  pipeline: Pipeline,
  { topics, values }: { readonly topics: Selection; readonly values: Values },
  { log, store }: Ports,
  { signal }: Stop,
): Promise<void> {
  console.error(
    `neither KAFKA_BROKERS nor S3_BUCKET is set: working in the folders ${log.place} and ${store.place}`,
  )
  for (const topic of topics instanceof RegExp ? [] : topics) {
    const lines = await writeFirstEvents({
      pipeline,
      values,
      topic,
      log,
      events: process.env['EVENTS'],
      clock: systemClock,
      signal,
      screen: process.stderr,
    })
    for (const line of lines) console.log(line)
  }
  const made = await createTopics(producedTopicsOf(pipeline, values), PARTITIONS, log)
  for (const line of made) console.log(line)
}
