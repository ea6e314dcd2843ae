import type { Limit } from '../adaptive-limit.ts'
import type { Clock } from '../clock.ts'
import type { Instance } from '../commit/instance.ts'
import type { Producers } from '../commit/produce.ts'
import type { CommitRecord, LaneName } from '../commit/record.ts'
import type { Duration } from '../duration.ts'
import type { Board } from '../exchange/board.ts'
import type { Budget } from '../memory.ts'
import type { ObjectStore } from '../ports.ts'
import type { StateLimit } from '../state/state-limit.ts'
import type { Blueprint } from '../pipeline.ts'
import type { Tables } from '../table/tables.ts'
import type { EpochLimits } from './epoch.ts'
import type { Isolation } from './isolation.ts'
import type { Roster } from './roster.ts'

/** What happens in lanes, for displays and summaries. */
export interface LaneEvents {
  /** `took`: ms from its barrier until it was in the chain. */
  committed(record: CommitRecord, took: Duration): void
  /** All objects of a record are visible. `took`: ms since it is in the chain, or since its lane was claimed here. */
  published(record: CommitRecord, took: Duration): void
  produced(lane: LaneName, messages: number): void
  retrying(lane: LaneName, reason: string): void
  /** A lane has dropped its memory, and is to be claimed anew. */
  failed(lane: LaneName, error: unknown): void
  /** A lane was claimed whose last owners have got nothing done, but not so many yet that anything is suspected. */
  stalled(lane: LaneName): void
  /** A lane takes a step of its suspects: see `Suspects`. */
  trying(record: CommitRecord, range: readonly [from: number, to: number]): void
  /** A line for people: fenced, recovered, dropped. */
  note(lane: LaneName, text: string): void
  misplaced(lane: LaneName, offset: number, identity: string): void
}

/** What a process gives to all its lanes. */
export interface Environment {
  /** Name of the instance: the pipeline's own, unless the user gave another. */
  readonly name: string
  /** All lanes of the instance, of every process. */
  readonly roster: Roster
  readonly instance: Instance
  readonly store: ObjectStore
  /** What `store` says of itself. */
  readonly losesUploads: boolean
  readonly producers: Producers
  readonly clock: Clock
  readonly budget: Budget
  readonly state: StateLimit
  readonly limit: Limit
  readonly limits: EpochLimits
  readonly chunkMessages: number
  readonly maxRecordBytes: number
  readonly board: Board
  readonly tables: Tables
  readonly events: LaneEvents
  readonly host: string
  /** Tokens of all claims that this process has made: their owners have not died. */
  readonly owners: Set<string>
  readonly isolation: Isolation
  /** Operators whose state may be given up where the pipeline has changed under it. */
  readonly dropState: readonly string[]
  /** Number of the finite run, or undefined for one without end. */
  readonly run: number | undefined
  /** For a run without end: the newest finite one before it. */
  readonly abandons: number | undefined
  /** Bytes of rows that each lane may hold in its running epoch: the budget, less what state takes, shared by those that run. */
  share(): number
  /** Ask the log which topics and partitions there are now, and take up in the roster what is new. */
  lookAgain(): Promise<void>
  /** Values of the pipeline's own options. */
  readonly values: Readonly<Record<string, unknown>>
  blueprint(): Blueprint
}
