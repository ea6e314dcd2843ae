import { systemClock } from '../clock.ts'
import { instanceName } from '../commit/instance.ts'
import { type Duration, seconds } from '../duration.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Summary } from '../run/tally.ts'
import type { Selection } from '../topics.ts'
import { writeFirstEvents } from './first-events.ts'
import { dataBudget } from './heap.ts'
import { observedRun, type Watching } from './observed-run.ts'
import {
  createTopics,
  PARTITIONS,
  producedTopicsOf,
  topicsOf,
  type Values,
} from './pipeline-topics.ts'
import { openPorts, type Ports } from './ports.ts'
import type { Stop } from './stop.ts'
import type { SummaryFacts } from './summary.ts'

/** After a start, or when a lane comes from another process, the first commit does not wait for longer. */
const FIRST_COMMIT: Duration = seconds(1)

/** Options that every pipeline has; its own ones, by name, beside them. */
export interface Given {
  readonly untilEnd?: boolean
  readonly topic?: readonly string[]
  readonly name?: string
  readonly dropState?: readonly string[]
  readonly commitEvery: Duration
  readonly memory: number
  readonly processes?: number
  readonly healthPort?: number
  readonly [own: string]: unknown
}

/** Who stops a run, and who watches it. */
export interface Audience extends Watching {
  readonly stop: Stop
  /** Agrees with other processes on a finite run: see `RunOptions`. */
  readonly joinRun?: (found: number) => Promise<number>
}

/** What a run came to, and where its objects are. */
export interface RunOutcome {
  readonly summary: Summary
  readonly store: string
}

/**
 * Run a pipeline in this process, on what the environment says.
 *
 * @returns undefined where it was stopped before there was anything to finish
 * @throws SluiceError for what a person has to mend
 */
export async function runHere(
  pipeline: Pipeline,
  given: Given,
  { stop, joinRun, ...watching }: Audience,
): Promise<RunOutcome | undefined> {
  const memory = dataBudget(given.memory)
  const values = ownValues(pipeline, given)
  const { topic: topics, name, commitEvery, dropState } = given
  let ports: Ports | undefined
  try {
    ports = await openPorts()
    const { log, store, embedded } = ports
    if (embedded)
      await prepareFolders(
        pipeline,
        { topics: topics ?? topicsOf(pipeline, values), values },
        ports,
        stop,
      )
    if (stop.signal.aborted) return undefined
    const options = {
      pipeline,
      values,
      log,
      store,
      clock: systemClock,
      untilEnd: given.untilEnd ?? embedded,
      commitEvery,
      firstCommit: FIRST_COMMIT,
      memory,
      signal: stop.signal,
      ...(joinRun && { joinRun }),
      ...(topics !== undefined && { topics }),
      ...(name !== undefined && { name }),
      ...(dropState !== undefined && { dropState }),
    }
    return { summary: await observedRun(options, watching), store: store.place }
  } catch (error) {
    // stopped before there was anything to finish
    if (error !== stop.signal.reason) throw error
    return undefined
  } finally {
    await ports?.close()
  }
}

/** Name of the instance that options lead to. */
export const instanceOf = (pipeline: Pipeline, given: Given): string =>
  given.name ??
  instanceName(pipeline.name, topicsOf(pipeline, ownValues(pipeline, given)), given.topic)

/** What a summary says of its run besides numbers. */
export const factsOf = (
  pipeline: Pipeline,
  given: Given,
): Omit<SummaryFacts, 'store' | 'peak'> => ({
  pipeline: pipeline.name,
  name: given.name,
  topics: given.topic ?? topicsOf(pipeline, ownValues(pipeline, given)),
  others: given.topic,
})

const ownValues = ({ options }: Pipeline, given: Given): Values =>
  Object.fromEntries(Object.keys(options).map((name) => [name, given[name]]))

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
