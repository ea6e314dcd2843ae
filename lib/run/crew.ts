import type { Duration } from '../duration.ts'
import type { Environment } from '../lane/environment.ts'
import type { Tap } from '../lane/inbox.ts'
import type { LogLane } from '../lane/log-lane.ts'
import type { MergeLane } from '../lane/merge-lane.ts'
import type { Batch, Group, Log } from '../ports.ts'
import { idOf, type TopicPartition, type Topics } from '../topics.ts'
import { Floors } from './floors.ts'
import type { Lookout } from './lookout.ts'
import { readMirror, watermarkToAdopt } from './mirror.ts'
import { Post } from './post.ts'
import { rangeOf, ridersOf } from './survey.ts'
import { Upkeep } from './upkeep.ts'

export interface CrewOptions {
  readonly environment: Environment
  readonly log: Log
  readonly group: string
  readonly pollTimeout: Duration
  /** What the ranges of the exchange ride on; none where nothing is exchanged. */
  readonly ranges: readonly TopicPartition[]
  readonly sealed: number
  /** Ids of the lanes that had a chain when the run began. */
  readonly known: ReadonlySet<string>
  readonly lookout: Lookout
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

/** The lanes of one process: takes on those that the group assigns, lets go of those that it takes away. */
export class Crew {
  readonly #options: CrewOptions
  readonly #posts = new Map<string, Post>()
  readonly #upkeep: Upkeep
  readonly #floors: Floors
  readonly #over: Promise<void>
  #end: (error?: Error) => void = () => undefined
  #group: Group | undefined
  #stopping = false
  /** Assigned before `join` has resolved. */
  #assigned: readonly TopicPartition[] | undefined
  #starved = false
  /** Why nothing more can be read. */
  #failure: Error | undefined

  constructor(options: CrewOptions) {
    this.#options = options
    const { environment, ranges, known } = options
    this.#upkeep = new Upkeep(environment, ranges, this.#posts, () => this.#group)
    this.#floors = new Floors(environment, known, () => this.#upkeep.merging())
    this.#over = new Promise((resolve, reject) => {
      this.#end = (error) => (error ? reject(error) : resolve())
    })
    this.#over.catch(() => undefined)
  }

  /** How many lanes run here. */
  get size(): number {
    return this.#posts.size
  }

  /** Both stages of those that run here. */
  get lanes(): (LogLane | MergeLane)[] {
    return [...this.#posts.values()].flatMap(({ lane, merges }) => [lane, ...merges])
  }

  /** Join, work, and leave: when the signal says so, at the end of a finite run, or with an error. */
  async work(): Promise<void> {
    const { log, environment, group, pollTimeout, signal, note } = this.#options
    signal.throwIfAborted()
    this.#group = await log.join({
      topics: environment.roster.topics,
      group,
      pollTimeout,
      listener: {
        assigned: (lanes, topics) => {
          this.#hear(topics)
          this.#assign(lanes)
        },
        batch: (batch) => this.#batch(batch),
        retrying: (lane, reason) =>
          environment.events.retrying({ pipeline: environment.name, ...lane, stage: 1 }, reason),
        failed: (error) => this.#fail(error),
      },
    })
    const drain = (): void => this.#drain()
    signal.addEventListener('abort', drain, { once: true })
    const stop = new AbortController()
    const chores = [this.#upkeep.keepOn(stop.signal, note), this.#lookOut(stop.signal)]
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
      await Promise.all(chores)
      for (const post of this.#posts.values()) post.leave('the run is over')
      await Promise.allSettled([...this.#posts.values()].map(({ done }) => done))
      await this.#group.leave()
    }
  }

  /** Topics or partitions that this process did not know of: merging lanes list them, and the group shares them out. */
  found(topics: Topics): void {
    const { roster } = this.#options.environment
    const before = roster.topics
    if (!this.#hear(topics)) return
    for (const [topic, count] of roster.topics)
      if (count !== before.get(topic))
        this.#options.note(`${topic} is new or has grown: reading its ${count} partitions`)
    this.#group?.subscribe(roster.topics)
  }

  /** New topics and partitions are taken up, but for a finite run: what it reads is what there was when it began. */
  async #lookOut(signal: AbortSignal): Promise<void> {
    const { environment, lookout } = this.#options
    try {
      await lookout.keepOn(environment.roster, signal, (topics) => {
        if (environment.run === undefined) this.found(topics)
      })
    } catch (error) {
      if (!signal.aborted) this.#fail(error as Error)
    }
  }

  #hear(topics: Topics): boolean {
    const { roster, board } = this.#options.environment
    const isNew = roster.add(topics)
    if (isNew) board.wake()
    return isNew
  }

  #assign(lanes: readonly TopicPartition[]): void {
    this.#assigned = lanes
    if (!this.#group || this.#stopping) return
    const ids = new Set(lanes.map(idOf))
    for (const [id, post] of this.#posts) if (!ids.has(id)) this.#letGo(id, post)
    for (const lane of lanes) {
      const post = this.#posts.get(idOf(lane))
      if (post) post.lane.reassigned()
      else if (!this.#isDraining) this.#takeOn(lane)
    }
    this.#checkEnded()
  }

  #batch(batch: Batch): void {
    this.#posts.get(idOf(batch))?.lane.batch(batch)
  }

  #takeOn({ topic, partition }: TopicPartition): void {
    const { environment, sealed } = this.#options
    const own = { topic, partition }
    const id = idOf(own)
    const lane: ConstructorParameters<typeof Post>[1] = {
      lane: own,
      sealed,
      tap: this.#tapOf(own, () => this.#posts.get(id) === post),
      range: () => rangeOf(this.#options.log, own),
      topicId: async () => (await this.#options.log.topicIds([topic])).get(topic),
      adopt: (watermark, quiet) => this.#adopt(watermark, quiet),
      floor: (until) => this.#floors.of(id, until),
    }
    const post: Post = new Post(environment, lane, this.#mergesOf(id))
    this.#posts.set(id, post)
    post.done.then(
      () => this.#checkEnded(),
      (error: unknown) => this.#end(error as Error),
    )
  }

  /**
   * What a lane asks of the group is done while the lane is its own: one that still hands over, when the partition has come back already, would stop the
   * fetches of its successor as it ends.
   */
  #tapOf(lane: TopicPartition, isOwn: () => boolean): Tap {
    const ask = (what: (group: Group) => void): void => {
      if (this.#group && isOwn()) what(this.#group)
    }
    return {
      seek: (offset) => ask((group) => group.seek(lane, offset)),
      pause: () => ask((group) => group.pause([lane])),
      resume: () => ask((group) => group.resume([lane])),
      share: () => this.#options.environment.share(),
      full: () => this.#isFull(),
    }
  }

  #mergesOf(id: string): { range: number; lane: TopicPartition; sealed: number }[] {
    const { environment, ranges, sealed } = this.#options
    return ridersOf(id, ranges, (other) => environment.roster.has(other)).map((range) => ({
      range,
      lane: ranges[range] as TopicPartition,
      sealed,
    }))
  }

  #letGo(id: string, post: Post): void {
    this.#posts.delete(id)
    post.handOver()
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
    for (const post of this.#posts.values()) post.drain()
    if (this.#posts.size === 0) this.#end()
  }

  #checkEnded(): void {
    if (this.#options.environment.run === undefined && !this.#isDraining) return
    if ([...this.#posts.values()].every(({ ended }) => ended)) this.#end()
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
    // a group that does not answer now holds event time back, as one does that knows nothing
    const entries = (await this.#group?.readMirror().catch(() => [])) ?? []
    const { roster } = this.#options.environment
    const lanes = entries
      .filter((entry) => roster.has(idOf(entry)))
      .flatMap((entry) => readMirror(entry) ?? [])
    return watermarkToAdopt(lanes, roster.lanes.length, own, quiet)
  }
}
