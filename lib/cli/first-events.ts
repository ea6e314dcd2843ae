import type { Clock } from '../clock.ts'
import { messageOf, SluiceError } from '../errors.ts'
import { count } from '../options.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Log } from '../ports.ts'
import { loadSchema } from './catalog.ts'
import type { Screen } from './display.ts'
import { generate, generatedLines } from './generate.ts'
import { PARTITIONS, PLAN } from './produce.ts'

export interface FirstEventsOptions {
  readonly pipeline: Pipeline
  readonly topic: string
  readonly log: Log
  /** How many, as the environment says it. */
  readonly events: string | undefined
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly screen: Screen
  readonly print: (line: string) => void
}

/**
 * Where a pipeline has a generator and its topic is not there or empty, fill it, so that there is something to see on a machine without a broker.
 *
 * @throws SluiceError 'config' when `events` is no number of events
 */
export async function generateFirstEvents(options: FirstEventsOptions): Promise<void> {
  const {
    pipeline,
    topic,
    log,
    events = String(PLAN.events),
    clock,
    signal,
    screen,
    print,
  } = options
  const ranges = (await log.ranges(topic)) ?? []
  if (ranges.some(({ high }) => high > 0)) return
  const schema = await loadSchema(pipeline.name)
  if (!schema) return
  const plan = { ...PLAN, events: readEvents(events), schema }
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
  for (const line of generatedLines(topic, generated)) print(line)
}

function readEvents(text: string): number {
  try {
    return count(PLAN.events, '').read(text)
  } catch (error) {
    throw new SluiceError('config', `EVENTS ${messageOf(error)}`, { cause: error })
  }
}
