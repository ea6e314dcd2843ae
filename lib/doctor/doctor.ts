import type { Clock } from '../clock.ts'
import { Chain } from '../commit/chain.ts'
import { readable } from '../commit/pending.ts'
import type { Duration } from '../duration.ts'
import type { Log, LifecycleRule, ObjectStore, OpenUpload } from '../ports.ts'
import { readAhead } from '../read-ahead.ts'
import { retry } from '../retry.ts'
import { dangerousRules } from '../run/expiry.ts'
import { findInstance, findName } from '../verify/discovery.ts'
import { bundlesFinding, unneededBundles } from './bundles.ts'
import { examineChains, type Ranges } from './chains.ts'
import { type DatedRecord, examineClock, examineWriters } from './clocks.ts'
import type { Finding } from './finding.ts'
import { examineOwners } from './owners.ts'
import { examinePublication } from './publication.ts'
import { LANES_AT_ONCE, type Standing, standingsOf } from './standing.ts'
import { examineUploads, orphanFinding, removeUploads } from './uploads.ts'

/** Records of each chain that are looked at for two owners. */
const LOOKED_AT = 30

export interface DoctorOptions {
  /** Name of the instance: the pipeline's, unless it was run with another. */
  readonly pipeline: string
  /** Topics that the run was on, where they were not the pipeline's own. */
  readonly topics?: readonly string[]
  readonly store: ObjectStore
  readonly log: Log
  readonly clock: Clock
  /** Younger uploads, and bundles of lanes that have written something since then, are left alone. */
  readonly olderThan: Duration
  /** Remove what no record can need. */
  readonly remove?: boolean
}

/** What came of looking at a pipeline. */
export interface Diagnosis {
  /** Name of the instance. */
  readonly pipeline: string
  readonly instance: string
  readonly store: string
  readonly log: string
  readonly lanes: number
  /** Those that were removed are marked. */
  readonly findings: readonly Finding[]
  /** Open uploads under the sinks' prefixes that others have begun, and the oldest of them: left alone. */
  readonly foreign: { readonly count: number; readonly first?: OpenUpload }
  /** What could not be looked at, and why. */
  readonly notChecked: readonly string[]
}

/**
 * Look at a pipeline, running or not, for what may cost data or money later: uploads and bundles that nobody needs, rules of the bucket, lanes that
 * stand still, two owners, clocks. Removes, where it is told to, only what no record can need, whatever runs beside it; writes nothing else but, where
 * a bucket has no open upload at all, one that it aborts again.
 *
 * Holds the newest record of each lane, and of open uploads what a listing says.
 *
 * @throws SluiceError 'config' when there is no such pipeline
 */
export async function examine(options: DoctorOptions): Promise<Diagnosis> {
  const { store, log, clock, olderThan, remove = false } = options
  const name = await findName(options.pipeline, options.topics, store, clock)
  const here = clock.now()
  const time = await retry(() => store.time(), { clock })
  const now = time ?? here
  const standings = await standingsOf(name, store, clock)
  const found = standings.map(({ lane }) => ({ lane, newest: 0 }))
  const { id, lanes } = await findInstance(name, ofStage(found, 2), ofStage(found, 1), store, clock)
  const rules = await retry(() => store.lifecycle(), { clock })
  const looking = { name, id, store, clock, now, olderThan }
  const uploads = await examineUploads(looking)
  const bundles = await unneededBundles({ standings, ranges: lanes.length, ...looking })
  const removed = new Set<string>()
  if (remove) {
    for (const { uploadId } of await removeUploads(uploads.orphaned, looking)) removed.add(uploadId)
    for (const [, dead] of bundles) await retry(() => store.delete(dead), { clock })
  }
  const findings = [
    ...(await perLane(standings, (standing) => examinePublication(standing, now, store, clock))),
    ...uploads.orphaned.map((upload) =>
      marked(orphanFinding(upload), removed.has(upload.uploadId)),
    ),
    ...uploads.held,
    ...bundles.map((each) => marked(bundlesFinding(...each), remove)),
    ...rulesFound(rules, name, standings),
    ...examineChains(standings, await rangesOf(standings, log), now),
    ...(await perLane(standings, async (standing) =>
      examineOwners(await newestRecords(standing, store, clock)),
    )),
    ...examineClock(here, time, store.place),
    ...examineWriters(dated(standings)),
  ]
  return {
    pipeline: name,
    instance: id,
    store: store.place,
    log: log.place,
    lanes: standings.length,
    findings,
    foreign: uploads.foreign,
    notChecked: [
      ...(uploads.notChecked === undefined ? [] : [uploads.notChecked]),
      ...(rules ? [] : [`lifecycle rules: ${store.place} does not tell them`]),
    ],
  }
}

const marked = (finding: Finding, removed: boolean): Finding =>
  removed ? { ...finding, removed: true } : finding

const ofStage = <T extends Pick<Standing, 'lane'>>(all: readonly T[], stage: 1 | 2): T[] =>
  all.filter(({ lane }) => lane.stage === stage)

async function perLane(
  standings: readonly Standing[],
  look: (standing: Standing) => Promise<Finding[]>,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for await (const found of readAhead(standings, LANES_AT_ONCE, look)) findings.push(...found)
  return findings
}

function rulesFound(
  rules: readonly LifecycleRule[] = [],
  name: string,
  standings: readonly Standing[],
): Finding[] {
  const prefixes = standings.flatMap((standing) => standing.prefixes ?? [])
  return dangerousRules(rules, name, prefixes).map(({ id, what, advice }) => ({
    kind: 'lifecycle rule',
    where: id,
    what,
    advice,
  }))
}

async function rangesOf(standings: readonly Standing[], log: Log): Promise<Ranges> {
  const topics = [...new Set(standings.map(({ lane }) => lane.topic))]
  return new Map(
    await Promise.all(topics.map(async (topic) => [topic, await log.ranges(topic)] as const)),
  )
}

/** The newest records of a chain, in their order. */
async function newestRecords({ lane, newest }: Standing, store: ObjectStore, clock: Clock) {
  if (!newest) return []
  const chain = new Chain(lane, store, clock)
  const first = Math.max(1, newest.index - LOOKED_AT + 1)
  const indices = Array.from({ length: newest.index - first }, (_, i) => first + i)
  const older = await Promise.all(indices.map((index) => readable(chain, index)))
  return [...older.flatMap((record) => record ?? []), newest]
}

const dated = (standings: readonly Standing[]): DatedRecord[] =>
  standings.flatMap(({ newest, modified }) =>
    newest ? { host: newest.host, at: Date.parse(newest.at), modified } : [],
  )
