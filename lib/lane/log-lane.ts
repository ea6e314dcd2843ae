import type { CommitRecord, LaneName } from '../commit/record.ts'
import type { Batch } from '../ports.ts'
import { SluiceError } from '../errors.ts'
import { Account } from '../memory.ts'
import type { Environment } from './environment.ts'
import { Inbox, type Tap } from './inbox.ts'
import { observeKeys } from './key-check.ts'
import { type Adopt, type LaneStatus, Reading } from './reading.ts'
import { Session } from './session.ts'

/** What a lane of stage one learns from its process. */
export interface LogLaneOptions {
  readonly partition: number
  readonly tap: Tap
  readonly signal: AbortSignal
  /** The partition's range as of now. */
  range(): Promise<{ low: number; high: number }>
  readonly sealed: number
  readonly adopt: Adopt
  /** The end of the last window that a lane without a chain has no say in; resolves when every merging lane knows of it. */
  floor(): Promise<number>
}

/** Stage one of a lane: reads its partition, epoch by epoch, until it is stopped or its finite run has ended. */
export class LogLane {
  readonly name: LaneName
  readonly #environment: Environment
  readonly #options: LogLaneOptions
  #inbox: Inbox | undefined
  #session: Session | undefined
  #newest: CommitRecord | undefined
  #draining = false
  status: LaneStatus = 'active'

  constructor(environment: Environment, options: LogLaneOptions) {
    const { name: pipeline, topic } = environment
    this.name = { pipeline, topic, partition: options.partition, stage: 1 }
    this.#environment = environment
    this.#options = options
  }

  /** The newest record that this process knows of, once the lane has been claimed here. */
  get newest(): CommitRecord | undefined {
    return this.#session?.record ?? this.#newest
  }

  /** Called from inside the group's loop: never blocks. */
  batch(batch: Batch): void {
    this.#inbox?.put(batch)
  }

  /** The group has a new assignment and this lane is in it still: its fetches begin anew. */
  reassigned(): void {
    this.#inbox?.open()
  }

  /** Memory has become free. */
  relax(): void {
    this.#inbox?.relax()
  }

  /** Commit what has been read, then return from `run`. */
  drain(): void {
    this.#draining = true
    this.#inbox?.nudge()
  }

  /**
   * One claim's life. Resolves after a clean end: drained, which it may be before it begins, or at the end of the finite run.
   *
   * @throws Fenced when another owner has the lane; whatever else went wrong
   */
  async run(): Promise<void> {
    if (this.#draining) return
    const session = await this.#open()
    this.#session = session
    const memory = new Account(this.#environment.budget)
    try {
      await Promise.race([this.#read(session, memory), session.failed])
    } catch (error) {
      throw await session.explain(error)
    } finally {
      this.#newest = session.record
      this.#session = undefined
      this.#inbox = undefined
      this.#options.tap.pause()
      memory.close()
      session.drop()
    }
  }

  async #open(): Promise<Session> {
    const { signal, sealed } = this.#options
    const range = await this.#options.range()
    const floor = await this.#options.floor()
    const session = await Session.open(this.name, this.#environment, {
      start: range.low,
      high: range.high,
      sealed,
      floor,
      signal,
    })
    try {
      // asked anew: an owner before this one may have read on meanwhile
      checkRange(session.record.to, await this.#options.range(), this.name)
    } catch (error) {
      session.drop()
      throw error
    }
    return session
  }

  async #read(session: Session, memory: Account): Promise<void> {
    const { chunkMessages, board, events, partitions } = this.#environment
    const inbox = new Inbox(session.record.to, chunkMessages, this.#options.tap, memory)
    this.#inbox = inbox
    observeKeys(session.graph, session.source, partitions, (offset, identity) =>
      events.misplaced(this.name, offset, identity),
    )
    board.announce(session.record)
    const { adopt, signal } = this.#options
    const reading = new Reading(session, inbox, this.#environment, {
      adopt,
      signal,
      // a log that does not answer may well hold more
      isBehind: (next) =>
        this.#options.range().then(
          ({ high }) => high > next,
          () => true,
        ),
    })
    if (!reading.atEnd) inbox.open()
    while (!this.#draining && !reading.atEnd) {
      this.status = await reading.step()
    }
    this.status = reading.atEnd ? 'ended' : this.status
    await reading.finish()
  }
}

/** @throws SluiceError 'log-range' when the records that come next cannot be read any more, or never were there */
function checkRange(
  next: number,
  { low, high }: { low: number; high: number },
  { topic, partition }: LaneName,
): void {
  const place = `${topic}-${partition}`
  if (next < low)
    throw new SluiceError(
      'log-range',
      `${place}: the next record to read is ${next}, and the log begins at ${low}: ${low - next} records were deleted before they were read (retention). ` +
        `Start another instance with --name to go on from the log's beginning`,
    )
  if (next > high)
    throw new SluiceError(
      'log-range',
      `${place}: the next record to read is ${next}, and the log ends at ${high}: the topic was deleted and made anew, or the log was cut. ` +
        `Start another instance with --name to read the new log`,
    )
}
