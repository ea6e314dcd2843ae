import type { Clock } from '../clock.ts'
import { messageOf, SluiceError } from '../errors.ts'
import { integer } from '../options.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Log } from '../ports.ts'
import { findSamples, loadSchema } from './catalog.ts'
import type { Screen } from './display.ts'
import { generate, generatedLines, PLAN } from './generate.ts'
import { hasRecords, PARTITIONS, type Values } from './pipeline-topics.ts'
import { writeSamples } from './record-source.ts'

export interface FirstEventsOptions {
  readonly pipeline: Pipeline
  /** Of its own options. */
  readonly values: Values
  readonly topic: string
  readonly log: Log
  /** How many, as the environment says it. */
  readonly events: string | undefined
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly screen: Screen
}

/**
 * Where a pipeline's topic is not there or empty, fill it with generated events, or else with samples of that topic, if there are any, so that there is
 * something to see on a machine without a broker.
 *
 * @returns what was written, as lines for people
 * @throws SluiceError 'config' when `events` is no number of events
 */
export async function writeFirstEvents(options: FirstEventsOptions): Promise<string[]> {
  const { pipeline, values, topic, log, clock, signal, screen } = options
  if (await hasRecords(log, topic)) return []
  const schema = await loadSchema(pipeline.name)
  if (!schema) {
    const samples = await findSamples({ topic, values })
    return samples ? writeSamples(samples, { log, clock, signal, screen }) : []
  }
  const { events = PLAN.events } = schema
  const wanted = options.events === undefined ? events : readEvents(options.events)
  const plan = { ...PLAN, events: wanted, schema }
  const generated = await generate({
    log,
    topic,
    partitions: PARTITIONS,
    plan,
    clock,
    signal,
    screen,
  })
  const { failed, firstFailure } = generated.profile
  if (failed > 0) throw new SluiceError('service', `cannot write to ${log.place}: ${firstFailure}`)
  return generatedLines(topic, generated)
}

function readEvents(text: string): number {
  try {
    return integer(PLAN.events, '').read(text)
  } catch (error) {
    throw new SluiceError('config', `EVENTS ${messageOf(error)}`, { cause: error })
  }
}
