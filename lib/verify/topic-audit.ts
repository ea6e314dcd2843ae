import { markOf, producingAs } from '../commit/mark.ts'
import type { CommitRecord } from '../commit/record.ts'
import { Repeats } from '../lane/repeats.ts'
import type { Log, PartitionRange } from '../ports.ts'
import { type AuditContext, labelOf } from './context.ts'
import type { LaneAudit } from './lane-audit.ts'

/** What became of the messages that commits list for one topic. */
export interface TopicReport {
  readonly topic: string
  /** That commits list. */
  readonly messages: number
  /** Of those, found in the topic. */
  readonly found: number
  /** Copies of what was found, which marks tell. */
  readonly repeats: number
  /** Committed, and still to be produced by the running pipeline or its next start. */
  readonly pending: number
  /** Not in the topic any more, which does not hold all that was ever produced to it: not checkable. */
  readonly gone: number
}

type Outboxes = NonNullable<CommitRecord['outbox']>

/** What the topic holds of this instance. */
interface Holding {
  /** Messages by lane and commit, repeats left out. */
  readonly found: Map<string, number>
  repeats: number
  /** Every offset from 0 on has its record: nothing was deleted. */
  whole: boolean
}

const placeOf = (lane: string, commit: number): string => `${lane} ${commit}`

/**
 * Hold the messages that commits list against the topics: as many of each commit as it says, no other one. What retention or compaction has taken away is
 * not checkable. Their bytes are not compared: a record vouches for what was to be produced only until it was.
 *
 * Holds one number for each commit that produced, and one fetch.
 */
export async function auditTopics(
  lanes: readonly LaneAudit[],
  log: Log,
  context: AuditContext,
): Promise<TopicReport[]> {
  const topics = new Set(lanes.flatMap(({ produced }) => produced.map(({ topic }) => topic)))
  const reports: TopicReport[] = []
  for (const topic of [...topics].sort()) reports.push(await auditTopic(topic, lanes, log, context))
  return reports
}

async function auditTopic(
  topic: string,
  lanes: readonly LaneAudit[],
  log: Log,
  context: AuditContext,
): Promise<TopicReport> {
  // asked before the topic is: what a lane is through with by then, is there
  const waiting = new Map<LaneAudit, Outboxes>()
  for (const audit of lanes) waiting.set(audit, (await context.newest(audit.lane))?.outbox ?? [])
  const ranges = (await log.ranges(topic)) ?? []
  const holding: Holding = { found: new Map(), repeats: 0, whole: ranges.length > 0 }
  for (const range of ranges) await look(topic, range, log, lanes, context, holding)
  let [messages, found, pending, gone] = [0, 0, 0, 0]
  for (const audit of lanes) {
    const { lane } = producingAs(context.instance, audit.lane)
    for (const { commit, count } of audit.produced.filter((entry) => entry.topic === topic)) {
      const there = holding.found.get(placeOf(lane, commit)) ?? 0
      holding.found.delete(placeOf(lane, commit))
      messages += count
      found += Math.min(there, count)
      if (there > count)
        report(context, audit, commit, topic, 'doubled', `${there} of its ${count}`)
      if (there >= count) continue
      if (waiting.get(audit)?.some((entry) => entry.topic === topic && entry.commit === commit))
        pending += count - there
      else if (!holding.whole) gone += count - there
      else report(context, audit, commit, topic, 'lost', `${there} of its ${count}`)
    }
    for (let commit = audit.start; commit <= audit.newestIndex; commit++) {
      const there = holding.found.get(placeOf(lane, commit))
      if (there !== undefined && !audit.absent.has(commit))
        report(context, audit, commit, topic, 'doubled', `${there} that it does not list`)
    }
  }
  return { topic, messages, found, repeats: holding.repeats, pending, gone }
}

async function look(
  topic: string,
  { partition, low, high }: PartitionRange,
  log: Log,
  lanes: readonly LaneAudit[],
  { instance }: AuditContext,
  holding: Holding,
): Promise<void> {
  const own = new Set(lanes.map(({ lane }) => producingAs(instance, lane).instance))
  const repeats = new Repeats()
  let records = 0
  for await (const batch of log.read(topic, partition, low, high))
    for (const record of batch.records) {
      records++
      const mark = record.headers && markOf(record.headers, topic)
      if (!mark || !own.has(mark.instance)) continue
      const place = placeOf(mark.lane, mark.commit)
      if (repeats.isFresh(record)) holding.found.set(place, (holding.found.get(place) ?? 0) + 1)
      else holding.repeats++
    }
  if (records < high) holding.whole = false
}

function report(
  { findings }: AuditContext,
  { lane }: LaneAudit,
  commit: number,
  topic: string,
  kind: 'lost' | 'doubled',
  what: string,
): void {
  findings.add({
    kind,
    where: `${labelOf(lane)} record ${commit}`,
    what: `topic ${topic} holds ${what} messages`,
    advice:
      kind === 'lost'
        ? 'the topic was cut, or made anew: produce to it again by reading the source anew with another --name'
        : 'somebody else writes under the marks of this pipeline: find out who copies its headers',
  })
}
