import { hostname } from 'node:os'
import { adaptiveLimit } from '../adaptive-limit.ts'
import type { Clock } from '../clock.ts'
import { systemPrefix } from '../commit/chain.ts'
import { instanceName, openInstance } from '../commit/instance.ts'
import type { Duration } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import { Board } from '../exchange/board.ts'
import { checkNames, walk } from '../flow.ts'
import type { Environment } from '../lane/environment.ts'
import { droppedFrom } from '../lane/dropped-state.ts'
import { Isolation } from '../lane/isolation.ts'
import { Roster } from '../lane/roster.ts'
import { Budget } from '../memory.ts'
import { CHUNK_MESSAGES } from '../message.ts'
import { checkLoop, type Pipeline, producedTopics } from '../pipeline.ts'
import type { Log, ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { prefixesOf } from '../sink.ts'
import { StateLimit } from '../state/state-limit.ts'
import { type Files, localFiles } from '../table/source.ts'
import { Tables } from '../table/tables.ts'
import { idOf, type TopicPartition } from '../topics.ts'
import { blueprintOf, maxRecordBytesOf, valuesOf } from './blueprint.ts'
import { Crew } from './crew.ts'
import { warnOfRules, warnOfWaiting } from './expiry.ts'
import { Lookout } from './lookout.ts'
import { TopicProducers } from './producers.ts'
import { proveRights } from './rights.ts'
import { checkTopics, lanesOf, latestRun, survey } from './survey.ts'
import type { RunEvents } from './events.ts'
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
  /** Other topics than the pipeline says: then the run has an instance of its own, `instanceName`. */
  readonly topics?: readonly string[]
  readonly log: Log
  readonly store: ObjectStore
  readonly clock: Clock
  /** Where tables are found that are files. Those of this machine unless said otherwise. */
  readonly files?: Files
  /** Operators whose state may be given up, where they are gone from the pipeline or mean something else by it. None unless said otherwise. */
  readonly dropState?: readonly string[]
  /** Read to the end of the topic as of now, close everything, and return. */
  readonly untilEnd?: boolean
  /** Agrees with other processes on which finite run it is, given the number that was found here: theirs may be over before this one looks. */
  readonly joinRun?: (found: number) => Promise<number>
  /** Longest age of an epoch, in ms. */
  readonly commitEvery: Duration
  /** The same for the first epoch after a lane is claimed: as any other, unless said otherwise. */
  readonly firstCommit?: Duration
  /** Bytes of data that may be held in memory. */
  readonly memory: number
  /** Aborted to stop: what is read is committed and published first. */
  readonly signal: AbortSignal
  readonly events?: RunEvents
}

/**
 * Run a pipeline in this process: join the group, run the lanes it is given, until the signal, the end of a finite run, or an error.
 *
 * @throws SluiceError for what a person has to mend; everything that was committed stands, the rest is read again by the next run
 */
export async function runPipeline(options: RunOptions): Promise<Summary> {
  const { pipeline, log, store, clock, events = {} } = options
  const values = valuesOf(pipeline, options.values)
  const blueprint = () => blueprintOf(pipeline, values)
  const { source, heads, tables: wantedTables, ...fingerprints } = blueprint()
  const { dropState = [] } = options
  const wanted = options.topics ?? source.topics
  checkLoop(wanted, heads)
  checkNames(wanted, heads)
  const name = options.name ?? instanceName(pipeline.name, source.topics, options.topics)
  const note = (text: string): void => events.note?.(text)
  const lookout = new Lookout({ wanted, log, clock })
  const roster = new Roster(await lookout.begin(options.untilEnd ?? false, options.signal, note))
  const instance = await openInstance(name, roster.lanes, store, clock, pipeline.name)
  const exchanges = [...walk(heads.source)].some(({ operator }) => operator?.exchange)
  const ranges = exchanges ? instance.lanes : []
  if (exchanges) checkRanges(ranges, roster)
  const {
    records,
    run: found,
    sealed,
  } = await survey(lanesOf(name, roster.lanes, ranges), store, clock)
  // all of them, before one goes on under another pipeline than the rest
  for (const record of records) droppedFrom(record, fingerprints, dropState)
  await checkTopics(records, log)
  const sinks = [...walk(heads.source), ...walk(heads.rejected)].flatMap((flow) => flow.sinks)
  await proveRights(sinks, systemPrefix(name), store, clock)
  await warnOfRules(store, name, prefixesOf(sinks), note)
  await warnOfWaiting(records, store, clock, note)
  const losesUploads = await retry(() => store.losesUploads(), { clock })
  const producers = await TopicProducers.open(producedTopics(heads), log)
  const run = options.untilEnd ? ((await options.joinRun?.(found)) ?? found) : undefined
  const tally = new Tally(clock, events)
  const budget = new Budget(options.memory)
  const changed = (limit: number): void =>
    note(
      `${store.place} is asked ${limit === 1 ? '1 request' : `${limit} requests`} at a time, as many as it takes`,
    )
  const state = new StateLimit(budget, note)
  const tables = await Tables.open(wantedTables, {
    prefix: systemPrefix(name),
    store,
    files: options.files ?? localFiles,
    clock,
    budget,
    note,
  })
  const environment: Environment = {
    name,
    roster,
    instance,
    store,
    losesUploads,
    producers,
    clock,
    budget,
    state,
    limit: adaptiveLimit(REQUESTS, clock, { throttled: () => tally.throttled(), changed }),
    limits: {
      every: options.commitEvery,
      first: Math.min(options.commitEvery, options.firstCommit ?? Infinity),
      records: EPOCH_RECORDS,
      bytes: EPOCH_BYTES,
    },
    chunkMessages: Math.min(CHUNK_MESSAGES, source.maxPollRecords ?? CHUNK_MESSAGES),
    maxRecordBytes: maxRecordBytesOf(values),
    values,
    board: new Board(name, store, clock),
    tables,
    events: tally,
    host: `${hostname()}/${process.pid}`,
    owners: new Set(),
    isolation: new Isolation(),
    dropState,
    run,
    abandons: options.untilEnd ? undefined : latestRun(records),
    share: () => ((budget.limit - state.used - tables.held) * ROWS) / Math.max(1, crew.size),
    lookAgain: async () => crew.found(await lookout.look(options.signal)),
    blueprint,
  }
  const crew = new Crew({
    environment,
    log,
    group: name,
    pollTimeout: source.pollTimeout ?? 500,
    ranges,
    sealed,
    known: new Set(records.flatMap(({ lane }) => (lane.stage === 1 ? idOf(lane) : []))),
    lookout,
    signal: options.signal,
    note,
  })
  events.started?.({
    name,
    instance: instance.id,
    place: log.place,
    store: store.place,
    topics: roster.topics,
    budget,
    state,
    summary: () => tally.summary(),
    lanes: () => crew.lanes,
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

/** Ranges ride on what there was when the instance was made: without all of it there is nobody to merge them. */
function checkRanges(ranges: readonly TopicPartition[], roster: Roster): void {
  const ids = ranges.map(idOf)
  if (ids.some((id) => roster.has(id))) return
  throw new SluiceError(
    'config',
    `none of ${ids.join(', ')}, with which this instance began, is read any more: start another one with --name`,
  )
}
