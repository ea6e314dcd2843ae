import type { CommitRecord, LaneName } from '../commit/record.ts'
import type { Duration } from '../duration.ts'
import type { Budget } from '../memory.ts'
import type { StateLimit } from '../state/state-limit.ts'
import type { Summary } from './tally.ts'
import type { Topics } from '../topics.ts'

/** A stage of a lane in this process. */
export interface RunningLane {
  readonly name: LaneName
  /** The newest record that this process knows of, once the lane has been claimed here. */
  readonly newest: CommitRecord | undefined
}

/** What a run is, and what it holds whenever it is asked. */
export interface StartedRun {
  /** Name of the instance. */
  readonly name: string
  readonly instance: string
  readonly place: string
  readonly store: string
  readonly topics: Topics
  readonly budget: Pick<Budget, 'used' | 'limit'>
  readonly state: Pick<StateLimit, 'stores'>
  /** What it has come to so far. */
  summary(): Summary
  /** Those that run here now. */
  lanes(): readonly RunningLane[]
}

/** What a run tells while it goes on. Every method is optional and must not throw. */
export interface RunEvents {
  /** All is found and checked; lanes begin. */
  started?(run: StartedRun): void
  /** See `LaneEvents`. */
  committed?(record: CommitRecord, took: Duration): void
  published?(record: CommitRecord, took: Duration): void
  /** Messages are in their topics. */
  produced?(lane: LaneName, messages: number): void
  /** A request to the store, or a read from the log, failed and is tried again. */
  retrying?(lane: LaneName, reason: string): void
  /** A lane is claimed whose last owners have got nothing done: one of its records may be the reason. */
  stalled?(lane: LaneName): void
  /** A lane looks for the record that its owners have died of. */
  trying?(lane: LaneName): void
  /** The store asks for fewer requests. */
  throttled?(): void
  /** A lane has dropped its memory, and is to be claimed anew. */
  failed?(lane: LaneName, error: unknown): void
  /** A record is in another partition than its key's. */
  misplaced?(lane: LaneName): void
  /** A line for people. */
  note?(text: string): void
}

/** Tells each of several what is told. */
export function tellAll(all: readonly RunEvents[]): Required<RunEvents> {
  const each = (tell: (events: RunEvents) => void): void => {
    for (const events of all) tell(events)
  }
  return {
    started: (run) => each((events) => events.started?.(run)),
    committed: (record, took) => each((events) => events.committed?.(record, took)),
    published: (record, took) => each((events) => events.published?.(record, took)),
    produced: (lane, messages) => each((events) => events.produced?.(lane, messages)),
    retrying: (lane, reason) => each((events) => events.retrying?.(lane, reason)),
    stalled: (lane) => each((events) => events.stalled?.(lane)),
    trying: (lane) => each((events) => events.trying?.(lane)),
    throttled: () => each((events) => events.throttled?.()),
    failed: (lane, error) => each((events) => events.failed?.(lane, error)),
    misplaced: (lane) => each((events) => events.misplaced?.(lane)),
    note: (text) => each((events) => events.note?.(text)),
  }
}
