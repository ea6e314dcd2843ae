import type { Clock } from '../clock.ts'
import type { Instance } from '../commit/instance.ts'
import type { CommitRecord, LaneName } from '../commit/record.ts'
import type { ObjectStore } from '../ports.ts'
import { idOf, type TopicPartition } from '../topics.ts'
import { newestRecord } from './discovery.ts'
import { Findings } from './finding.ts'
import { KeySet } from './key-set.ts'
import { Totals } from './totals.ts'

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
  /** Versions of tables that have been looked for, by their sha256. */
  readonly tables = new Set<string>()

  constructor(store: ObjectStore, clock: Clock, { id, lanes }: Pick<Instance, 'id' | 'lanes'>) {
    this.store = store
    this.clock = clock
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
