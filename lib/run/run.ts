import { hostname } from 'node:os'
import { adaptiveLimit } from '../adaptive-limit.ts'
import type { Clock } from '../clock.ts'
import { systemPrefix, topicPrefix } from '../commit/chain.ts'
import { openInstance } from '../commit/instance.ts'
import type { CommitRecord, LaneName } from '../commit/record.ts'
import type { Duration } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import { Board } from '../exchange/board.ts'
import { walk } from '../flow.ts'
import type { Environment } from '../lane/environment.ts'
import { Budget } from '../memory.ts'
import { CHUNK_MESSAGES } from '../message.ts'
import { kafkaSink } from '../kafka/sink.ts'
import { checkLoop, type Pipeline, producedTopics } from '../pipeline.ts'
import type { Log, ObjectStore } from '../ports.ts'
import { s3Sink } from '../s3/sink.ts'
import { StateLimit } from '../state/state-limit.ts'
import { type Files, localFiles } from '../table/source.ts'
import { Tables } from '../table/tables.ts'
import { Crew } from './crew.ts'
import { TopicProducers } from './producers.ts'
import { proveRights } from './rights.ts'
import { lanesOf, latestRun, survey } from './survey.ts'
import { type Summary, Tally } from './tally.ts'

/** Requests to the store that a process has under way at most; fewer while the store asks for fewer. */
const REQUESTS = 32

/** Part of the budget for the rows of running epochs. As much again is on its way to the store; the rest is for what is fetched and for state. */
const ROWS = 0.3

const EPOCH_RECORDS = 5_000_000
const EPOCH_BYTES = 1024 ** 3

export interface RunOptions {
  readonly pipeline: Pipeline
  /** Values of the pipeline's own options, by name; defaults for the rest. */
  readonly values?: Readonly<Record<string, unknown>>
  /** Name of the instance: chains, group and state of its own. The pipeline's name unless said otherwise. */
  readonly name?: string
  /** Another topic than the pipeline says. */
  readonly topic?: string
  readonly log: Log
  readonly store: ObjectStore
  readonly clock: Clock
  /** Where tables are found that are files. Those of this machine unless said otherwise. */
  readonly files?: Files
  /** Read to the end of the topic as of now, close everything, and return. */
  readonly untilEnd?: boolean
  /** Longest age of an epoch, in ms. */
  readonly commitEvery: Duration
  /** Bytes of data that may be held in memory. */
  readonly memory: number
  /** Records over this many bytes are rejected by reference. */
  readonly maxRecordBytes?: number
  /** Aborted to stop: what is read is committed and published first. */
  readonly signal: AbortSignal
  readonly events?: RunEvents
}

/** What a run tells while it goes on. Every method is optional and must not throw. */
export interface RunEvents {
  /** All is found and checked; lanes begin. */
  started?(run: {
    place: string
    store: string
    topic: string
    partitions: number
    instance: string
  }): void
  committed?(record: CommitRecord): void
  published?(lane: LaneName, objects: number): void
  /** Messages are in their topics. */
  produced?(lane: LaneName, messages: number): void
  /** A request to the store failed and is tried again. */
  retrying?(lane: LaneName, reason: string): void
  /** A line for people. */
  note?(text: string): void
}

/**
 * Run a pipeline in this process: join the group, run the lanes it is given, until the signal, the end of a finite run, or an error.
 *
 * @throws SluiceError for what a person has to mend; everything that was committed stands, the rest is read again by the next run
 */
export async function runPipeline(options: RunOptions): Promise<Summary> {
  const { pipeline, values = {}, log, store, clock, events = {} } = options
  const blueprint = () => pipeline.build({ s3: s3Sink, kafkaTo: kafkaSink }, values)
  const { source, heads, tables: wanted } = blueprint()
  const topic = options.topic ?? source.topic
  checkLoop(topic, heads)
  const name = options.name ?? pipeline.name
  const partitions = (await log.ranges(topic))?.length
  if (partitions === undefined)
    throw new SluiceError(
      'config',
      `there is no topic ${topic} at ${log.place}: create it, or name another with --topic`,
    )
  const instance = await openInstance(name, topic, partitions, store, clock)
  const exchanges = [...walk(heads.source)].some(({ operator }) => operator?.exchange)
  const lanes = lanesOf(name, topic, partitions, exchanges ? instance.ranges : 0)
  const { records, run, sealed } = await survey(lanes, store, clock)
  await proveRights(
    [...walk(heads.source), ...walk(heads.rejected)].flatMap(({ sinks }) => sinks),
    systemPrefix(name),
    store,
    clock,
  )
  const producers = await TopicProducers.open(producedTopics(heads), log)
  events.started?.({
    place: log.place,
    store: store.place,
    topic,
    partitions,
    instance: instance.id,
  })

  const tally = new Tally(clock, events)
  const budget = new Budget(options.memory)
  const changed = (limit: number): void =>
    events.note?.(`${store.place} is asked ${limit} requests at a time, as many as it takes`)
  const state = new StateLimit(budget, (text) => events.note?.(text))
  const tables = await Tables.open(wanted, {
    prefix: topicPrefix({ pipeline: name, topic }),
    store,
    files: options.files ?? localFiles,
    clock,
    budget,
    note: (text) => events.note?.(text),
  })
  const environment: Environment = {
    name,
    topic,
    partitions,
    instance,
    store,
    producers,
    clock,
    budget,
    state,
    limit: adaptiveLimit(REQUESTS, clock, { throttled: () => tally.throttled(), changed }),
    limits: { every: options.commitEvery, records: EPOCH_RECORDS, bytes: EPOCH_BYTES },
    chunkMessages: Math.min(CHUNK_MESSAGES, source.maxPollRecords ?? CHUNK_MESSAGES),
    maxRecordBytes: options.maxRecordBytes ?? Infinity,
    board: new Board((partition) => ({ pipeline: name, topic, partition, stage: 1 }), store, clock),
    tables,
    events: tally,
    host: `${hostname()}/${process.pid}`,
    run: options.untilEnd ? run : undefined,
    abandons: options.untilEnd ? undefined : latestRun(records),
    share: () => ((budget.limit - state.used - tables.held) * ROWS) / Math.max(1, crew.size),
    blueprint,
  }
  const crew = new Crew({
    environment,
    log,
    // members of one group have to read the same topic
    group: topic === source.topic ? name : `${name}.${topic}`,
    pollTimeout: source.pollTimeout ?? 500,
    ranges: exchanges ? instance.ranges : 0,
    sealed,
    known: new Set(records.flatMap(({ lane }) => (lane.stage === 1 ? lane.partition : []))),
    signal: options.signal,
    note: (text) => events.note?.(text),
  })
  const over = new AbortController()
  const lookedAfter = tables.keepOn(over.signal)
  try {
    await crew.work()
  } finally {
    over.abort()
    await lookedAfter
    await producers.close()
  }
  return tally.summary()
}
