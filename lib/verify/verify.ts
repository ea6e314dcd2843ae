import type { Clock } from '../clock.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Log, ObjectStore } from '../ports.ts'
import { runAll } from './run-all.ts'
import { AuditContext, labelOf } from './context.ts'
import { readDeclarations } from './declarations.ts'
import { findInstance, findLanes, findName } from './discovery.ts'
import { ExchangeAudit } from './exchange-audit.ts'
import type { Finding } from './finding.ts'
import type { ForgottenReport } from './forgotten.ts'
import { LaneAudit } from './lane-audit.ts'
import { auditLog, type LogReport } from './log-audit.ts'
import type { LaneReplayReport } from './replay/lane-replay.ts'
import { replay } from './replay/replay.ts'
import type { SampleOptions } from './sample.ts'
import { StrayAudit } from './stray-audit.ts'
import { auditTopics, type TopicReport } from './topic-audit.ts'
import type { PathTotals } from './totals.ts'

/** Objects and bundles that are read at a time. */
const AT_A_TIME = 8

export interface VerifyOptions {
  /** Name of the instance: the pipeline's, unless it was run with another. */
  readonly pipeline: string
  /** Topics that the run was on, where they were not the pipeline's own. */
  readonly topics?: readonly string[]
  readonly store: ObjectStore
  /** Where the records came from; without it only the store is asked. */
  readonly log?: Log
  /** Only commits from this time on, in ms, by the clocks of their writers; objects that no commit lists are not looked for then. */
  readonly since?: number
  /** Read part of the objects only; of the others it is asked whether they are there, with their size. */
  readonly sample?: SampleOptions
  /** Run every epoch again as well, where a log is given; see `replay`. */
  readonly replay?: VerifyReplay
  readonly clock: Clock
}

export interface VerifyReplay {
  readonly pipeline: Pipeline
  /** Takes what is written on the way; to be thrown away. */
  readonly scratch: ObjectStore
}

export interface LaneReport {
  /** `views-0`, or `views-0 merge` for its stage two. */
  readonly lane: string
  readonly topic: string
  readonly partition: number
  readonly stage: 1 | 2
  /** Index of the first record that was looked at. */
  readonly start: number
  /** Index of the newest record when the audit began. */
  readonly newest: number
  readonly commits: number
  /** Offsets `[from, to)` are done; 0 for stage two. */
  readonly from: number
  readonly to: number
  readonly records: number
  readonly objects: number
  /** Objects that are committed and not yet visible. */
  readonly pending: number
  readonly watermark: number
  readonly log?: LogReport
}

/** Objects, and the rows in them. */
export interface Tally {
  readonly objects: number
  readonly rows: number
}

/** All that an audit came to. */
export interface Report {
  /** Name of the instance. */
  readonly pipeline: string
  /** The topics that it has read. */
  readonly read: readonly string[]
  readonly store: string
  readonly log?: string
  readonly instance: string
  readonly lanes: readonly LaneReport[]
  /** By sink, and by exchange. */
  readonly sinks: Readonly<Record<string, PathTotals>>
  /** Rejected events by reason. */
  readonly reasons: Readonly<Record<string, number>>
  /** What was produced, where a log is given. */
  readonly topics?: readonly TopicReport[]
  /** Objects that were read, and are as they were written. */
  readonly checked: Tally
  /** What was deleted on purpose, by declaration. */
  readonly forgotten: readonly ForgottenReport[]
  /** The time since which commits were looked at, in ms. */
  readonly since?: number
  /** Which objects were read, and how many were not. */
  readonly sample?: SampleOptions & Tally
  /** What came of running every epoch again, lane by lane. */
  readonly replay?: readonly LaneReplayReport[]
  /** Objects in the sinks' prefixes that other writers have put there, and the first of them: not judged. */
  readonly foreign: { readonly count: number; readonly first?: string }
  /** The first thousand. */
  readonly findings: readonly Finding[]
  readonly count: number
}

/**
 * Audit a pipeline from the store alone, and from the log where one is given: that its chains of records are whole and agree with themselves, that
 * every object ever committed is there once with the bytes and rows that were written, every message is in its topic, and that what the next start needs can be read. May be
 * done while the pipeline runs: what is committed after it began is left out.
 *
 * Holds about 60 bytes for each object that was ever written, three numbers for each commit, and up to eight objects of 4 MiB.
 *
 * @throws SluiceError 'config' when there is no such pipeline or topic
 */
export async function verify(options: VerifyOptions): Promise<Report> {
  const { store, log, clock, since, sample } = options
  const pipeline = await findName(options.pipeline, options.topics, store, clock)
  // Those that merge come first: what they have merged by now is in the chains that are looked at next
  const merging = await findLanes(pipeline, 2, store, clock)
  const exchange = await ExchangeAudit.read(merging, store, clock)
  const reading = await findLanes(pipeline, 1, store, clock)
  const found = [...reading, ...merging]
  const instance = await findInstance(pipeline, merging, reading, store, clock)
  const { all: declarations, findings } = await readDeclarations(pipeline, store, clock)
  const context = new AuditContext(store, clock, instance, {
    declarations,
    ...(since !== undefined && { since }),
    ...(sample && { sample }),
    ...(log && { log }),
  })
  for (const finding of instance.finding ? [instance.finding, ...findings] : findings)
    context.findings.add(finding)
  const lanes = found.map((lane) => new LaneAudit(lane, context, exchange))

  await runAll(chained(lanes.map((lane) => lane.jobs())), AT_A_TIME)
  exchange.check(lanes, context.findings)
  const strays = new StrayAudit(context, lanes)
  // what older records list would look like strays
  if (since === undefined) await runAll(strays.jobs(), AT_A_TIME)
  strays.finish()
  const read = [...new Set(found.map(({ lane }) => lane.topic))]
  const logs = log && (await auditLogs(lanes, read, log, context))
  const topics = log && (await auditTopics(lanes, log, context))
  const { findings: all, ranges } = context
  const again =
    log &&
    options.replay &&
    (await replay(found, { ...options.replay, store, log, clock, ranges, findings: all }))

  return {
    pipeline,
    read,
    store: store.place,
    ...(log && { log: log.place }),
    instance: instance.id,
    lanes: lanes.map((lane) => reportOf(lane, logs?.get(lane))),
    sinks: context.totals.paths,
    reasons: context.totals.reasons,
    ...(topics && { topics }),
    checked: tallyOf(context.checked),
    forgotten: context.forgotten.reports,
    ...(since !== undefined && { since }),
    ...(sample && { sample: { ...sample, ...tallyOf(context.sample.leftOut) } }),
    ...(again && { replay: again }),
    foreign: {
      count: strays.foreign,
      ...(strays.firstForeign !== undefined && { first: strays.firstForeign }),
    },
    findings: context.findings.kept,
    count: context.findings.count,
  }
}

const tallyOf = ({ objects, rows }: Tally): Tally => ({ objects, rows })

async function* chained<T>(all: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  for (const items of all) yield* items
}

async function auditLogs(
  lanes: readonly LaneAudit[],
  topics: readonly string[],
  log: Log,
  context: AuditContext,
): Promise<Map<LaneAudit, LogReport>> {
  const reports = new Map<LaneAudit, LogReport>()
  for (const topic of topics)
    for (const range of (await log.ranges(topic)) ?? []) {
      const label = labelOf({ topic, partition: range.partition, stage: 1 })
      const lane = lanes.find((each) => each.label === label)
      if (lane) reports.set(lane, await auditLog(lane, range, log, context))
    }
  return reports
}

function reportOf(audit: LaneAudit, log: LogReport | undefined): LaneReport {
  const { label, lane, start, newestIndex, newest, epochs, first, records, objects, pending } =
    audit
  return {
    lane: label,
    topic: lane.topic,
    partition: lane.partition,
    stage: lane.stage,
    start,
    newest: newestIndex,
    commits: epochs.length,
    from: first,
    to: newest?.to ?? first,
    records,
    objects,
    pending,
    watermark: newest?.watermark ?? -Infinity,
    ...(log && { log }),
  }
}
