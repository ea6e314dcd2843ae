import type { Duration } from '../duration.ts'
import type { Environment } from '../lane/environment.ts'
import { LogLane } from '../lane/log-lane.ts'
import { MergeLane } from '../lane/merge-lane.ts'
import type { Batch, Group, Log } from '../ports.ts'
import { floorOf, rangeOf } from './survey.ts'
import { readMirror, watermarkToAdopt } from './mirror.ts'
import { progressOf, supervise } from './supervise.ts'
import { type Stages, Upkeep } from './upkeep.ts'

/** How often a new lane looks whether all others know of it, in ms. */
const LOOK = 500

/** How long a lane that leaves for another process may take for one last epoch, in ms. */
const HAND_OVER = 3_000

export interface CrewOptions {
  readonly environment: Environment
  readonly log: Log
  readonly group: string
  readonly pollTimeout: Duration
  /** Ranges of the exchange; 0 where nothing is exchanged. */
  readonly ranges: number
  readonly sealed: number
  /** Partitions whose lanes had a chain when the run began. */
  readonly known: ReadonlySet<number>
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

/** A lane at work: both its stages, until it ends or is taken away. */
interface Post extends Stages {
  readonly leave: AbortController
  readonly done: Promise<void>
  ended: boolean
}

/** The lanes of one process: takes on those that the group assigns, lets go of those that it takes away. */
export class Crew {
  readonly #options: CrewOptions
  readonly #posts = new Map<number, Post>()
  readonly #upkeep: Upkeep
  readonly #over: Promise<void>
  #end: (error?: Error) => void = () => undefined
  #group: Group | undefined
  #stopping = false
  /** Partitions assigned before `join` has resolved. */
  #assigned: readonly number[] | undefined
  #starved = false
  /** Why nothing more can be read. */
  #failure: Error | undefined

  constructor(options: CrewOptions) {
    this.#options = options
    const { environment, ranges } = options
    this.#upkeep = new Upkeep(environment, ranges, this.#posts, () => this.#group)
    this.#over = new Promise((resolve, reject) => {
      this.#end = (error) => (error ? reject(error) : resolve())
    })
    this.#over.catch(() => undefined)
  }

  /** How many lanes run here. */
  get size(): number {
    return this.#posts.size
  }

  /** Join, work, and leave: when the signal says so, at the end of a finite run, or with an error. */
  async work(): Promise<void> {
    const { log, environment, group, pollTimeout, signal } = this.#options
    signal.throwIfAborted()
    this.#group = await log.join({
      topic: environment.topic,
      group,
      pollTimeout,
      listener: {
        assigned: (partitions) => this.#assign(partitions),
        batch: (batch) => this.#batch(batch),
        failed: (error) => this.#fail(error),
      },
    })
    const drain = (): void => this.#drain()
    signal.addEventListener('abort', drain, { once: true })
    const stop = new AbortController()
    const chores = this.#upkeep.keepOn(stop.signal, this.#options.note)
    try {
      if (this.#assigned) this.#assign(this.#assigned)
      if (signal.aborted) this.#drain()
      await this.#over
      if (this.#failure) throw this.#failure
      await this.#upkeep.mirror()
    } finally {
      this.#stopping = true
      signal.removeEventListener('abort', drain)
      stop.abort()
      await chores
      for (const post of this.#posts.values()) post.leave.abort(new Error('the run is over'))
      await Promise.allSettled([...this.#posts.values()].map(({ done }) => done))
      await this.#group.leave()
    }
  }

  #assign(partitions: readonly number[]): void {
    this.#assigned = partitions
    if (!this.#group || this.#stopping) return
    for (const [partition, post] of this.#posts)
      if (!partitions.includes(partition)) this.#letGo(partition, post)
    for (const partition of partitions) {
      const post = this.#posts.get(partition)
      if (post) post.lane.reassigned()
      else if (!this.#isDraining) this.#takeOn(partition)
    }
    this.#checkEnded()
  }

  #batch(batch: Batch): void {
    this.#posts.get(batch.partition)?.lane.batch(batch)
  }

  #takeOn(partition: number): void {
    const { environment, ranges, sealed } = this.#options
    const leave = new AbortController()
    const lane = new LogLane(environment, {
      partition,
      sealed,
      signal: leave.signal,
      tap: {
        seek: (offset) => this.#group?.seek(partition, offset),
        pause: () => this.#group?.pause([partition]),
        resume: () => this.#group?.resume([partition]),
        share: () => environment.share(),
        full: () => this.#isFull(),
      },
      range: () => rangeOf(this.#options.log, environment.topic, partition),
      adopt: (own, quiet) => this.#adopt(own, quiet),
      floor: () => this.#floor(partition, leave.signal),
    })
    const merge =
      partition < ranges
        ? new MergeLane(environment, { range: partition, sealed, signal: leave.signal })
        : undefined
    const post: Post = {
      lane,
      merge,
      leave,
      ended: false,
      done: this.#run(lane, merge, leave.signal),
    }
    this.#posts.set(partition, post)
    post.done.then(
      () => {
        post.ended = true
        this.#checkEnded()
      },
      (error: unknown) => this.#end(error as Error),
    )
  }

  async #run(lane: LogLane, merge: MergeLane | undefined, signal: AbortSignal): Promise<void> {
    const stages = merge ? [lane, merge] : [lane]
    await Promise.all(stages.map((stage) => this.#supervised(stage, signal)))
  }

  #supervised(stage: LogLane | MergeLane, signal: AbortSignal): Promise<void> {
    const { events, clock } = this.#options.environment
    return supervise(() => stage.run(), {
      clock,
      signal,
      progress: () => progressOf(stage.newest),
      note: (text) => events.note(stage.name, text),
    })
  }

  /** One last epoch for a lane that another process gets: it only saves the other the reading again. */
  #letGo(partition: number, post: Post): void {
    const { environment } = this.#options
    this.#posts.delete(partition)
    post.lane.drain()
    post.merge?.drain()
    const late = environment.clock.sleep(HAND_OVER, post.leave.signal)
    late.then(
      () => post.leave.abort(new Error('the lane has moved to another process')),
      () => undefined,
    )
    const left = (): void => {
      environment.board.forget(partition)
      post.leave.abort(new Error('the lane has ended'))
    }
    post.done.then(left, left)
  }

  get #isDraining(): boolean {
    return this.#options.signal.aborted || this.#failure !== undefined
  }

  /** What comes before the trouble is committed, so that a user may go on after it. */
  #fail(error: Error): void {
    this.#failure ??= error
    this.#drain()
  }

  /** Commit what is read, everywhere; then the run is over. */
  #drain(): void {
    for (const { lane, merge } of this.#posts.values()) {
      lane.drain()
      merge?.drain()
    }
    if (this.#posts.size === 0) this.#end()
  }

  #checkEnded(): void {
    if (this.#options.environment.run === undefined && !this.#isDraining) return
    if ([...this.#posts.values()].every(({ ended }) => ended)) this.#end()
  }

  async #floor(partition: number, signal: AbortSignal): Promise<number> {
    const { environment, known } = this.#options
    for (;;) {
      const floor = known.has(partition)
        ? -Infinity
        : floorOf(partition, await this.#upkeep.merging(signal))
      if (floor !== undefined) return floor
      await environment.clock.sleep(LOOK, signal)
    }
  }

  #isFull(): boolean {
    const { budget } = this.#options.environment
    if (!budget.full) return false
    if (!this.#starved) {
      this.#starved = true
      void budget.room().then(() => {
        this.#starved = false
        for (const { lane } of this.#posts.values()) lane.relax()
      })
    }
    return true
  }

  async #adopt(own: number, quiet: Duration): Promise<number | undefined> {
    await this.#upkeep.mirror()
    const entries = (await this.#group?.readMirror()) ?? []
    const lanes = entries.flatMap((entry) => readMirror(entry) ?? [])
    return watermarkToAdopt(lanes, this.#options.environment.partitions, own, quiet)
  }
}
