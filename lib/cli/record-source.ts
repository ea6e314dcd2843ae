import { createReadStream, fstatSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import type { Plan } from '../generator/events.ts'
import type { Samples } from '../generator/samples.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Log } from '../ports.ts'
import {
  findSamples,
  loadPipeline,
  loadSamples,
  loadSchema,
  pipelineNames,
  samplesNames,
} from './catalog.ts'
import { printLine, type Screen } from './display.ts'
import { generate, generatedLines } from './generate.ts'
import { defaultsOf, onlyTopicOf, PARTITIONS } from './pipeline-topics.ts'
import { produceLines } from './produce-lines.ts'
import type { BadLines } from './send-lines.ts'
import { formatCount } from './text.ts'

/** What `produce` was given. */
export interface Given extends Omit<Plan, 'schema'> {
  readonly schema?: string
  readonly key?: string
  readonly badLines: BadLines
  readonly topic?: string
  readonly partitions?: number
  readonly ifEmpty?: boolean
}

export type Origin = 'generated' | 'samples' | 'lines'

/** Where records are written to. */
export interface WritingWorld {
  readonly log: Log
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly screen: Screen
}

/** Records that are to be produced. */
export interface Records {
  readonly origin: Origin
  readonly topic: string
  /** Whose records they are, where they are a pipeline's. */
  readonly pipeline?: Pipeline | undefined
  /** Write them, and print what was written. @throws SluiceError where not all could be */
  readonly write: (world: WritingWorld) => Promise<void>
}

/**
 * Find the records that are meant: of a pipeline with a generator, generated ones; by the name of samples, or of a pipeline that reads their topic,
 * samples; without a name and with a topic, standard input.
 *
 * @throws SluiceError 'config' when there are none
 */
export async function recordsFor(name: string | undefined, given: Given): Promise<Records> {
  if (name === undefined && given.topic !== undefined) return standardInput(given.topic, given)
  const pipelines = await pipelineNames()
  const samples = await samplesNames()
  if (name === undefined || !(pipelines.includes(name) || samples.includes(name)))
    throw new SluiceError(
      'config',
      `${name === undefined ? 'which records?' : `there is no pipeline ${name}, and there are no such samples;`} the pipelines are: ${pipelines.join(', ')}; samples: ${samples.join(', ')}; or say --topic, and give JSON lines on standard input`,
    )
  const pipeline = pipelines.includes(name) ? await loadPipeline(name) : undefined
  if (pipeline) {
    const generated = await generatedFor(pipeline, given)
    if (generated) return generated
  }
  if (samples.includes(name)) return samplesOf(await loadSamples(name), pipeline, given)
  return ofSameTopic(pipeline!, given)
}

async function generatedFor(pipeline: Pipeline, given: Given): Promise<Records | undefined> {
  const { duplicates, late, malformed, partitions = PARTITIONS } = given
  const schema = await loadSchema(pipeline.name, given.schema)
  if (!schema) return undefined
  if (duplicates + late + malformed > 1)
    throw new SluiceError('config', '--duplicates, --late and --malformed together are more than 1')
  const topic = given.topic ?? onlyTopicOf(pipeline)
  const plan = { ...given, schema }
  return {
    origin: 'generated',
    topic,
    pipeline,
    async write(world) {
      const generated = await generate({ ...world, topic, partitions, plan })
      for (const line of generatedLines(topic, generated)) console.log(line)
      const { failed, firstFailure } = generated.profile
      if (failed > 0)
        throw new SluiceError(
          'service',
          `${formatCount(failed)} records were not acknowledged by ${world.log.place}, the first because of: ${firstFailure}`,
        )
    },
  }
}

async function ofSameTopic(pipeline: Pipeline, given: Given): Promise<Records> {
  const topic = onlyTopicOf(pipeline)
  const samples = await findSamples({ topic, values: defaultsOf(pipeline) })
  if (samples) return samplesOf(samples, pipeline, given)
  throw new SluiceError(
    'config',
    `there is no pipelines/${pipeline.name}.generator.ts, and there are no samples of ${topic}: write one, name a file with --schema, or leave the pipeline out, say --topic ${topic} and give JSON lines on standard input`,
  )
}

const samplesOf = (samples: Samples, pipeline: Pipeline | undefined, given: Given): Records => ({
  origin: 'samples',
  topic: given.topic ?? samples.topic,
  pipeline,
  write: async (world) => {
    for (const line of await writeSamples(samples, { ...world, ...given })) console.log(line)
  },
})

/**
 * Write samples as they stand.
 *
 * @param options topic and partitions only where they are not to be the samples' own
 * @returns what was written, as lines for people
 * @throws SluiceError as `produceLines`
 */
export function writeSamples(
  samples: Samples,
  options: WritingWorld & { readonly topic?: string; readonly partitions?: number },
): Promise<string[]> {
  const { topic, partitions, key, file } = samples
  const path = fileURLToPath(file)
  const { log, clock, signal, screen } = options
  return produceLines({
    log,
    clock,
    signal,
    screen,
    topic: options.topic ?? topic,
    partitions: options.partitions ?? partitions,
    key,
    badLines: 'send',
    input: createReadStream(path),
    source: relative(process.cwd(), path),
  })
}

function standardInput(topic: string, { partitions = 1, key, badLines }: Given): Records {
  const { stdin } = process
  // Node takes a folder for an empty file
  if (fstatSync(stdin.fd).isDirectory())
    throw new SluiceError('config', 'standard input is a folder: give a file, < lines.jsonl')
  return {
    origin: 'lines',
    topic,
    async write(world) {
      if (stdin.isTTY)
        printLine(`${topic}: a JSON text on each line; Ctrl-D at the end`, world.screen)
      const lines = await produceLines({
        ...world,
        topic,
        partitions,
        key,
        badLines,
        input: stdin,
        source: 'standard input',
      })
      for (const line of lines) console.log(line)
    },
  }
}
