import type { Clock } from '../clock.ts'
import type { Instance } from '../commit/instance.ts'
import type { CommitRecord, LaneName } from '../commit/record.ts'
import type { Log, ObjectStore } from '../ports.ts'
import { idOf, type TopicPartition } from '../topics.ts'
import type { Declaration } from './declarations.ts'
import { newestRecord } from './discovery.ts'
import { Findings } from './finding.ts'
import { Forgotten } from './forgotten.ts'
import { KeySet } from './key-set.ts'
import { Count, Sample, type SampleOptions } from './sample.ts'
import { Totals } from './totals.ts'

/** What of it all is looked at. */
export interface AuditScope {
  /** Objects that were deleted on purpose. */
  readonly declarations?: readonly Declaration[]
  /** Part of the objects that are read. All, unless said otherwise. */
  readonly sample?: SampleOptions
  /** Commits from this time on, in ms. All, unless said otherwise. */
  readonly since?: number
  /** Where the records came from: tells what differs in altered objects. */
  readonly log?: Log
}

/** What the parts of one audit share: what they have found and seen. */
export class AuditContext {
  readonly store: ObjectStore
  readonly clock: Clock
  /** Id of the instance whose lanes are audited. */
  readonly instance: string
  /** What its ranges ride on. */
  readonly ranges: readonly TopicPartition[]
  readonly findings = new Findings()
  readonly totals = new Totals()
  /** Keys that records list. */
  readonly keys = new KeySet()
  /** Hashes of the objects that records list, and their sizes in bytes, by which a copy is known. */
  readonly hashes = new KeySet()
  readonly sizes = new KeySet()
  readonly forgotten: Forgotten
  readonly sample: Sample
  /** Commits from this time on are looked at, in ms. */
  readonly since: number
  readonly log: Log | undefined
  /** Objects that were read and are as they were written. */
  readonly checked = new Count()
  /** Versions of tables that have been looked for, by their sha256. */
  readonly tables = new Set<string>()

  constructor(
    store: ObjectStore,
    clock: Clock,
    { id, lanes }: Pick<Instance, 'id' | 'lanes'>,
    { declarations = [], sample, since = -Infinity, log }: AuditScope = {},
  ) {
    this.store = store
    this.clock = clock
    this.forgotten = new Forgotten(declarations)
    this.sample = new Sample(sample)
    this.since = since
    this.log = log
    this.instance = id
    this.ranges = lanes
  }

  /** A lane's newest record as of now, for the pipeline may be running; undefined where there is none that can be read. */
  newest(lane: LaneName): Promise<CommitRecord | undefined> {
    return newestRecord(lane, this.store, this.clock)
  }
}

/** How messages call a lane: `views-0`, and `views-0 merge` for its stage two. */
export const labelOf = (lane: TopicPartition & Pick<LaneName, 'stage'>): string =>
  `${idOf(lane)}${lane.stage === 2 ? ' merge' : ''}`
