import type { CommitRecord, LaneName } from '../commit/record.ts'
import type { Batch, PartitionRange } from '../ports.ts'
import { SluiceError } from '../errors.ts'
import { passing, retry } from '../retry.ts'
import { Account } from '../memory.ts'
import type { Environment } from './environment.ts'
import { Inbox, type Tap } from './inbox.ts'
import { observeKeys } from './key-check.ts'
import { persistence } from './persistence.ts'
import { type Adopt, type LaneStatus, Reading } from './reading.ts'
import { Session } from './session.ts'
import { idOf, type TopicPartition } from '../topics.ts'

/**
 * The end of the last window that a new lane has no say in, `-Infinity` where it has a say in all; or that the finite run is over for a merging lane
 * that has not heard of it.
 */
export type Floor = number | 'too late'

type Bounds = Pick<PartitionRange, 'low' | 'high'>

/** What a lane finds in the log, before it begins. */
interface Found {
  readonly topicId: string | undefined
  readonly range: Bounds
}

/** What a lane of stage one learns from its process. */
export interface LogLaneOptions {
  readonly lane: TopicPartition
  readonly tap: Tap
  readonly signal: AbortSignal
  /** The partition's range as of now. */
  range(): Promise<Bounds>
  topicId(): Promise<string | undefined>
  readonly sealed: number
  readonly adopt: Adopt
  /** Where a lane without a chain may begin; resolves when every merging lane knows of it, and rejects at the signal. */
  floor(until: AbortSignal): Promise<Floor>
}

/** Stage one of a lane: reads its partition, epoch by epoch, until it is stopped or its finite run has ended. */
export class LogLane {
  readonly name: LaneName
  readonly #environment: Environment
  readonly #options: LogLaneOptions
  #inbox: Inbox | undefined
  #session: Session | undefined
  #newest: CommitRecord | undefined
  readonly #drain = new AbortController()
  status: LaneStatus = 'active'

  constructor(environment: Environment, options: LogLaneOptions) {
    this.name = { pipeline: environment.name, ...options.lane, stage: 1 }
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
    this.#drain.abort(new Error('the lane is to stop'))
    this.#inbox?.nudge()
  }

  /**
   * One claim's life. Resolves after a clean end: drained, which it may be before it begins, or at the end of the finite run.
   *
   * @throws Fenced when another owner has the lane; whatever else went wrong
   */
  async run(): Promise<void> {
    const floor = await this.#unlessDrained((until) => this.#options.floor(until))
    if (floor === undefined) return
    const found = await this.#unlessDrained(async (until) => ({
      topicId: await this.#answered(() => this.#options.topicId(), until),
      range: await this.#range(until),
    }))
    if (found === undefined) return
    const session = await this.#open(floor, found)
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
      this.#environment.isolation.leave(session)
    }
  }

  /** Undefined when the lane is drained meanwhile. */
  async #unlessDrained<T>(ask: (until: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const { signal: drained } = this.#drain
    if (drained.aborted) return undefined
    try {
      return await ask(AbortSignal.any([drained, this.#options.signal]))
    } catch (error) {
      if (drained.aborted) return undefined
      throw error
    }
  }

  /** Ask the log, and wait while nobody answers for this lane's partition: others go on meanwhile. */
  #answered<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock } = this.#environment
    const asked = (): Promise<T> =>
      ask().catch((error: unknown) => {
        throw passing(error)
      })
    return retry(asked, { clock, signal, ...persistence(this.name, this.#environment) })
  }

  #range(until: AbortSignal): Promise<Bounds> {
    return this.#answered(() => this.#options.range(), until)
  }

  async #open(floor: Floor, { topicId, range }: Found): Promise<Session> {
    const { signal, sealed } = this.#options
    const session = await Session.open(this.name, this.#environment, {
      start: range.low,
      // a merging lane that has ended the finite run does not take anything more in it
      high: floor === 'too late' ? range.low : range.high,
      topicId,
      sealed,
      ...(floor !== 'too late' && { floor }),
      signal,
    })
    try {
      // asked anew: an owner before this one may have read on meanwhile
      const now = await this.#unlessDrained((until) => this.#range(until))
      if (now) checkRange(session.record.to, now, this.name)
    } catch (error) {
      session.drop()
      throw error
    }
    return session
  }

  async #read(session: Session, memory: Account): Promise<void> {
    const { chunkMessages, events, roster } = this.#environment
    const { topic } = this.name
    const inbox = new Inbox(session.record.to, chunkMessages, this.#options.tap, memory)
    this.#inbox = inbox
    observeKeys(
      session.graph,
      session.source,
      () => roster.topics.get(topic) ?? 0,
      (offset, identity) => events.misplaced(this.name, offset, identity),
    )
    session.announce()
    const { adopt, signal } = this.#options
    const reading = new Reading(session, inbox, this.#environment, {
      adopt,
      signal,
      drained: this.#drain.signal,
      // a log that does not answer may well hold more
      isBehind: (next) =>
        this.#options.range().then(
          ({ high }) => high > next,
          () => true,
        ),
    })
    if (!reading.atEnd) inbox.open()
    while (!this.#drain.signal.aborted && !reading.atEnd) {
      this.status = await reading.step()
    }
    this.status = reading.atEnd ? 'ended' : this.status
    await reading.finish()
  }
}

/** @throws SluiceError 'log-range' when the records that come next cannot be read any more, or never were there */
function checkRange(next: number, { low, high }: Bounds, lane: LaneName): void {
  const place = idOf(lane)
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
