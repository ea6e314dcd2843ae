import type { CommitRecord, LaneName } from '../commit/record.ts'
import type { Trying } from '../retry.ts'
import { idOf, type TopicPartition } from '../topics.ts'
import { unlessAborted } from '../deadline.ts'
import { listing } from './claim.ts'
import type { Environment } from './environment.ts'
import { MergeFeed } from './merge-feed.ts'
import { persistence } from './persistence.ts'
import { Session } from './session.ts'
import { isFarAhead } from './skew.ts'

/** How often a merging lane looks for records of lanes in other processes, in ms. */
const LOOK = 1_000

/** Bytes of partials after which the epoch ends. */
const MOST_BYTES = 4 * 1024 * 1024

export interface MergeLaneOptions {
  /** Which range of keys it owns. */
  readonly range: number
  /** The partition that stood at that place when the instance was made: its chain lies there, whoever reads the partition now. */
  readonly lane: TopicPartition
  readonly signal: AbortSignal
  readonly sealed: number
}

/** Stage two of a lane: merges its range of what all upstream lanes have committed, in the order of their chains. */
export class MergeLane {
  readonly name: LaneName
  readonly #environment: Environment
  readonly #options: MergeLaneOptions
  #session: Session | undefined
  #newest: CommitRecord | undefined
  readonly #drain = new AbortController()
  ended = false

  constructor(environment: Environment, options: MergeLaneOptions) {
    this.name = { pipeline: environment.name, ...options.lane, stage: 2 }
    this.#environment = environment
    this.#options = options
  }

  /** Commit what has been merged, then return from `run`. */
  drain(): void {
    this.#drain.abort(new Error('the lane is to stop'))
    this.#environment.board.wake()
  }

  /**
   * One claim's life. Resolves after a clean end: drained, which it may be before it begins, or when every upstream lane has ended the finite run.
   *
   * @throws Fenced when another owner has the lane; whatever else went wrong
   */
  async run(): Promise<void> {
    if (this.#drain.signal.aborted) return
    const { signal, sealed } = this.#options
    // what is not there now is left for good
    await this.#environment.lookAgain()
    const session = await Session.open(this.name, this.#environment, {
      start: 0,
      sealed,
      signal,
    })
    this.#session = session
    try {
      await Promise.race([this.#merge(session), session.failed])
    } catch (error) {
      throw await session.explain(error)
    } finally {
      this.#newest = session.record
      this.#session = undefined
      session.drop()
      this.#environment.isolation.leave(session)
    }
  }

  /** The newest record that this process knows of, once the lane has been claimed here. */
  get newest(): CommitRecord | undefined {
    return this.#session?.record ?? this.#newest
  }

  async #merge(session: Session): Promise<void> {
    const { run } = this.#environment
    const { signal: drained } = this.#drain
    const merging = new Merging(session, this.#environment, this.#options)
    const already = run !== undefined && session.record.ended === run
    while (!already && !drained.aborted && !merging.atEnd) await merging.step(drained)
    if (!already) await merging.finish()
    this.ended = already || merging.atEnd
    await session.release()
  }
}

/** How far a merging lane is in every upstream chain, and its running epoch. */
class Merging {
  readonly #session: Session
  readonly #environment: Environment
  readonly #options: MergeLaneOptions
  readonly #feed: MergeFeed
  #since: number | undefined
  #bytes = 0
  /** Whether a lane that nothing waits for may still have committed what is not merged. */
  #isBehind = false
  /** Whether what was merged last has not let event time go on yet. */
  #isHeld = false

  constructor(session: Session, environment: Environment, options: MergeLaneOptions) {
    this.#session = session
    this.#environment = environment
    this.#options = options
    this.#feed = new MergeFeed(session.record.vector ?? {}, {
      graph: session.graph,
      fingerprints: session.fingerprints,
      ...options,
      bytes: (segment) => environment.board.bytes(segment, this.#persistence),
    })
  }

  /** Whether every upstream lane has ended the finite run, and all of it is merged. */
  get atEnd(): boolean {
    const { run } = this.#environment
    const upstream = Object.values(this.#feed.vector)
    return run !== undefined && upstream.every(({ ended = 0, left }) => left || ended >= run)
  }

  /** Merge what is there, or wait for it; end the epoch when it is due. */
  async step(drained: AbortSignal): Promise<void> {
    this.#session.assertLive()
    const { board, clock, limits } = this.#environment
    if (!this.#listsAll) await this.#listNew()
    const news = await this.#together(() => this.#takeAll())
    if (news || this.#isHeld) await this.#advance(drained)
    const now = clock.now()
    const full = this.#bytes >= MOST_BYTES
    const due = this.#since !== undefined && now - this.#since >= limits.every
    if ((full || due || this.#session.graph.due(now) <= now) && !this.atEnd) await this.#end(false)
    else if (!news) await board.news(LOOK, this.#options.signal)
  }

  /** The last epoch: what is merged and not yet committed; at the end of a finite run all windows, whatever the watermark. */
  async finish(): Promise<void> {
    if (!this.atEnd) {
      if (this.#since !== undefined) await this.#end(false)
      return
    }
    await this.#together(() => this.#feed.close())
    await this.#end(true)
  }

  /** Lanes that have come up begin when the chain says that nothing is emitted without them. */
  async #listNew(): Promise<void> {
    const { roster } = this.#environment
    this.#feed.vector = listing(roster, this.#feed.vector, this.#feed.advanced)
    await this.#end(false)
  }

  /**
   * Let event time go on, as far as no partition has come up of which it is not known yet. Whatever was produced after a partition was made does not
   * close a window in which that partition has a say, however soon it is merged.
   */
  async #advance(drained: AbortSignal): Promise<void> {
    this.#isHeld = this.#isBehind || !(await this.#lookedAgain(drained))
    await this.#together(() => this.#feed.advance(this.#isHeld))
    if (!this.#listsAll) await this.#listNew()
  }

  /** Says whether the vector lists every partition that there is now; a lane that is to stop does not wait to hear. */
  async #lookedAgain(drained: AbortSignal): Promise<boolean> {
    // a finite run reads what there was when it began
    if (this.#environment.run !== undefined) return true
    try {
      await unlessAborted(drained, this.#environment.lookAgain())
    } catch (error) {
      if (!drained.aborted) throw error
    }
    return !drained.aborted && this.#listsAll
  }

  get #listsAll(): boolean {
    return this.#environment.roster.lanes.every((lane) => idOf(lane) in this.#feed.vector)
  }

  /** Take every record that upstream lanes have committed by now, first those that nothing waits for; says whether there was one. */
  async #takeAll(): Promise<boolean> {
    let news = false
    const isLeft = (id: string): boolean => this.#feed.vector[id]?.left ?? false
    this.#isBehind = true
    for (const id of Object.keys(this.#feed.vector).sort((a, b) => +isLeft(b) - +isLeft(a))) {
      if (!isLeft(id)) this.#isBehind = false
      while (await this.#take(id)) {
        news = true
        if (this.#bytes >= MOST_BYTES) return true
      }
    }
    this.#isBehind = false
    return news
  }

  #together<T>(work: () => Promise<T>): Promise<T> {
    return this.#environment.isolation.together(this.#session, work)
  }

  get #persistence(): Trying {
    return persistence(this.#session.lane, this.#environment)
  }

  async #take(id: string): Promise<boolean> {
    const { vector } = this.#feed
    const position = vector[id]
    const { run } = this.#environment
    const { exchanges } = this.#session.graph
    if (position && isFarAhead(position, Object.values(vector), exchanges, run)) return false
    const { index = 0 } = position ?? {}
    const record = await this.#environment.board.record(id, index + 1, this.#persistence)
    if (!record) return false
    if (record.kind === 'commit') this.#begin()
    this.#bytes += await this.#feed.take(id, record)
    return true
  }

  #begin(): void {
    if (this.#since !== undefined) return
    this.#since = this.#environment.clock.now()
    this.#session.begin(this.#since)
  }

  async #end(closing: boolean): Promise<void> {
    const { run } = this.#environment
    const ending = {
      to: 0,
      records: 0,
      bytes: this.#bytes,
      closing,
      vector: { ...this.#feed.vector },
      rounds: this.#feed.takeRounds(),
      ...(closing && run !== undefined && { ended: run }),
    }
    await this.#together(() => this.#session.endEpoch(ending))
    this.#since = undefined
    this.#bytes = 0
  }
}
