import { Command, Option as Flag } from 'commander'
import { systemClock } from '../clock.ts'
import { seconds } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import { bytes, duration, integer, showBytes } from '../options.ts'
import type { Pipeline } from '../pipeline.ts'
import { showSelection } from '../topics.ts'
import { loadPipeline } from './catalog.ts'
import { showProgress } from './display.ts'
import { flagOf, readName, readOperators, readPort, readTopics, tamed, textFlag } from './flag.ts'
import { Health } from './health.ts'
import { DEFAULT_MEMORY } from './heap.ts'
import type { MetricsOptions } from './metrics/metrics.ts'
import { Meter } from './meter.ts'
import { topicsOf } from './pipeline-topics.ts'
import { factsOf, type Given, instanceOf, runHere } from './run-here.ts'
import { stopOnSignals } from './stop.ts'
import { summaryLines } from './summary.ts'
import { peakMemory } from './peak-memory.ts'

const COMMIT_EVERY = duration(seconds(10), 'longest time between commits')
const MEMORY = {
  ...bytes(DEFAULT_MEMORY, 'most memory of all processes together'),
  shown: `${showBytes(DEFAULT_MEMORY)} for each`,
}

/** Runs a pipeline once its options are read. */
type Runner = (pipeline: Pipeline, given: Given, isMemorySaid: boolean) => Promise<void>

/** `run <pipeline>`: what follows the pipeline's name are its own options. */
export function runCommand(): Command {
  return new Command('run')
    .description('run a pipeline; with --help after its name: its options')
    .usage('<pipeline> [options]')
    .argument('[pipeline]', 'pipelines/<pipeline>.ts')
    .argument('[words...]', 'its options')
    .passThroughOptions()
    .action(async (name: string | undefined, words: string[]) => {
      const run: Runner = async (pipeline, given, isMemorySaid) => {
        if (given.processes === undefined) return runAlone(pipeline, given)
        const { runProcesses } = await import('./processes/run-processes.ts')
        const memory = isMemorySaid ? given.memory : undefined
        return runProcesses(pipeline, given, words, memory)
      }
      await pipelineCommand(await loadPipeline(name), run).parseAsync(words, { from: 'user' })
    })
}

/** The command of one pipeline. @throws SluiceError 'config' where its options clash with those that all have */
export function pipelineCommand(pipeline: Pipeline, run: Runner = runAlone): Command {
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
    .addOption(
      textFlag(
        'dropState',
        'operators',
        'what they remember is given up where the pipeline has changed, with commas between them',
        readOperators,
      ),
    )
    .addOption(flagOf('commitEvery', COMMIT_EVERY))
    .addOption(flagOf('memory', MEMORY))
    .addOption(
      textFlag('processes', 'n', 'so many processes, started anew when they die', readProcesses),
    )
    .addOption(
      textFlag('health-port', 'n', 'answer GET /livez, /readyz and /metrics there', readPort),
    )
  for (const [own, option] of Object.entries(options)) {
    const flag = flagOf(own, option)
    if (command.options.some(({ long }) => long === flag.long)) throw taken(name, flag)
    command.addOption(flag)
  }
  return tamed(command).action((given: Given) =>
    run(pipeline, given, command.getOptionValueSource('memory') !== 'default'),
  )
}

/** @throws Error whose message completes "--processes …" */
const readProcesses = (text: string): number => integer(1, '').read(text)

const taken = (pipeline: string, { long }: Flag): SluiceError =>
  new SluiceError(
    'config',
    `pipelines/${pipeline}.ts: every pipeline has ${long} already, call your option something else`,
  )

async function runAlone(pipeline: Pipeline, given: Given): Promise<void> {
  const stop = stopOnSignals({ clock: systemClock, process, screen: process.stderr })
  const health = new Health(systemClock, stop.signal)
  const meter = new Meter(systemClock)
  const name = instanceOf(pipeline, given)
  const probes = await answerProbes({ name, clock: systemClock, meter, health }, given.healthPort)
  try {
    const outcome = await runHere(pipeline, given, {
      stop,
      meter,
      observers: probes ? [health, probes.metrics] : [health],
      display: () => showProgress(() => meter.line(), process.stderr, systemClock),
    })
    if (outcome) {
      const peak = peakMemory()
      const facts = { ...factsOf(pipeline, given), store: outcome.store, peak }
      for (const line of summaryLines(outcome.summary, facts)) console.log(line)
    }
  } finally {
    probes?.close()
    stop.close()
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
