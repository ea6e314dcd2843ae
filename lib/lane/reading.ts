import type { Duration } from '../duration.ts'
import { Chunk, Watermark } from '../message.ts'
import type { Suspects } from '../commit/record.ts'
import type { EpochEnd } from './cut.ts'
import { ageOf, epochEnds } from './epoch.ts'
import type { Environment } from './environment.ts'
import type { Inbox } from './inbox.ts'
import type { Session } from './session.ts'
import { isConvicted, rangeToTry } from './suspects.ts'

/** As others see it in the mirror. */
export type LaneStatus = 'active' | 'idle' | 'ended'

/** How long a lane sleeps at most before it looks around, in ms. */
const LONGEST_WAIT: Duration = 60_000

/** How long a trial waits for the rest of its range, in ms. */
const TRIAL_WAITS: Duration = 1_000

/** How long a lane waits before it sets a record aside, in ms: an owner that is taken for dead and lives has claimed the lane again by then. */
const HEARING: Duration = 15_000

/** Why a convicted record is rejected. */
export const POISON = 'poison: every process that read this record alone has died of it'

/** Why a wait is over: one for all, since an error of its own for each would cost more than the wait. */
const AWAKE = new Error('there is something to do')

/** The watermark that an idle lane may take over, given its own and how long, in ms, nothing has come; undefined when there is none to take. */
export type Adopt = (own: number, quiet: Duration) => Promise<number | undefined>

export interface ReadingOptions {
  readonly adopt: Adopt
  /** Whether the log has more from this offset on: then the lane is held up, and not idle. */
  isBehind(next: number): Promise<boolean>
  readonly signal: AbortSignal
  /** The lane is to commit what it has read, and to end. */
  readonly drained: AbortSignal
}

/** The position of a lane in its log, and its running epoch. */
export class Reading {
  readonly #session: Session
  readonly #inbox: Inbox
  readonly #environment: Environment
  readonly #options: ReadingOptions
  #position: number
  #records = 0
  #bytes = 0
  #since = 0
  /** No epoch has ended since the claim. */
  #isFirst = true
  /** Since when nothing has come, or the lane has last looked at the others. */
  #quietSince: number
  #status: LaneStatus = 'active'

  constructor(session: Session, inbox: Inbox, environment: Environment, options: ReadingOptions) {
    this.#session = session
    this.#inbox = inbox
    this.#environment = environment
    this.#options = options
    this.#position = session.record.to
    this.#quietSince = environment.clock.now()
  }

  /** Whether the finite run's input is read. */
  get atEnd(): boolean {
    const { run } = this.#session.record
    return this.#environment.run !== undefined && run !== undefined && this.#position >= run.until
  }

  /** Feed what is there, or wait for it; end the epoch when it is due. */
  async step(): Promise<LaneStatus> {
    this.#session.assertLive()
    const { clock, limits } = this.#environment
    const { suspects } = this.#session.record
    const hasNext = !this.#inbox.empty
    if (!hasNext) await this.#wait()
    else if (suspects) await this.#suspect(suspects)
    else await this.#together(() => this.#feedNext())
    if (hasNext) this.#inbox.relax()
    const now = clock.now()
    const epoch = {
      records: this.#records,
      bytes: this.#bytes,
      since: this.#since,
      held: this.#session.held,
      isFirst: this.#isFirst,
    }
    if (epochEnds(limits, epoch, now, this.#environment.share()))
      await this.#together(() => this.#end(false))
    else if (!hasNext && this.#isDue(now)) await this.#together(() => this.#end(false))
    return this.#status
  }

  /** The last epoch: what is read and not yet committed, and the end of a finite run. */
  async finish(): Promise<void> {
    const { run } = this.#environment
    const already = run !== undefined && this.#session.record.ended === run
    await this.#session.committed()
    const moved = this.#records > 0 || this.#position !== this.#session.record.to
    if (this.atEnd ? !already : moved) await this.#together(() => this.#end(this.atEnd))
    await this.#session.release()
  }

  async #suspect(suspects: Suspects): Promise<void> {
    const { signal, drained } = this.#options
    if (isConvicted(suspects)) {
      const { lane, to } = this.#session.record
      this.#environment.events.note(
        lane,
        `every process that read record ${to} alone has died of it: in ${HEARING / 1_000} s it goes into the rejected flow, undecoded, unless one of them lives and claims the lane`,
      )
      const until = AbortSignal.any([signal, drained])
      await this.#environment.clock.sleep(HEARING, until).catch(() => undefined)
      if (until.aborted) return
    }
    await this.#alone(() => this.#try(suspects))
  }

  /**
   * Take a step of what is suspected, and commit it before anything else happens in this process. A record that was convicted goes into the rejected
   * flow as it is.
   */
  async #try(suspects: Suspects): Promise<void> {
    const [from, to] = rangeToTry(this.#position, suspects)
    const convicted = isConvicted(suspects)
    this.#environment.events.trying(this.#session.record, [from, to])
    await this.#session.announceTrial([from, to])
    while (this.#position < to) {
      this.#inbox.relax()
      await this.#filled(TRIAL_WAITS)
      if (!(await this.#feedNext(to, convicted))) break
    }
    if (this.#position === from) return
    await this.#end(false, convicted ? { poison: from } : {})
    await this.#session.committed()
  }

  /** Says whether there was anything to feed. */
  async #feedNext(until = Infinity, convicted = false): Promise<boolean> {
    const next = this.#inbox.next(until)
    if (next) await this.#feed(next, convicted)
    return next !== undefined
  }

  async #feed(
    { chunk, bytes, to }: NonNullable<ReturnType<Inbox['next']>>,
    convicted: boolean,
  ): Promise<void> {
    const now = this.#environment.clock.now()
    if (this.#records === 0) {
      this.#since = now
      this.#session.begin(now)
    }
    this.#quietSince = now
    this.#status = 'active'
    const { until = Infinity } =
      this.#environment.run === undefined ? {} : (this.#session.record.run ?? {})
    const messages =
      to > until ? chunk.messages.filter(({ record }) => record.offset < until) : chunk.messages
    const { graph } = this.#session
    const fresh = graph.repeats.without(messages)
    if (convicted) await graph.setAside(fresh, POISON)
    else if (fresh.length > 0)
      await graph.source.feed(fresh === chunk.messages ? chunk : new Chunk(fresh))
    this.#records += messages.length
    this.#bytes += bytes
    this.#position = Math.min(to, until)
  }

  async #wait(): Promise<void> {
    const { clock, limits } = this.#environment
    const now = clock.now()
    const idle = this.#session.graph.idle
    const due = Math.min(
      this.#records > 0 ? this.#since + ageOf(limits, this.#isFirst) : Infinity,
      this.#session.graph.due(now),
      idle === undefined ? Infinity : this.#quietSince + idle,
      now + LONGEST_WAIT,
    )
    await this.#filled(Math.max(0, due - now))
    if (idle !== undefined && this.#inbox.empty && clock.now() >= this.#quietSince + idle)
      await this.#goIdle()
  }

  /** Wait until the inbox has something, or so long. */
  async #filled(ms: Duration): Promise<void> {
    if (!this.#inbox.empty) return
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, this.#options.signal])
    const waited = this.#environment.clock.sleep(ms, signal)
    waited.catch(() => undefined)
    await this.#inbox.filled(waited)
    stop.abort(AWAKE)
  }

  /** Nothing has come for long: let event time go on without this lane. */
  async #goIdle(): Promise<void> {
    const now = this.#environment.clock.now()
    const quiet = now - this.#quietSince
    this.#quietSince = now
    if (this.#environment.run !== undefined) return
    if ((await this.#options.isBehind(this.#inbox.expected)) || !this.#inbox.empty) return
    this.#status = 'idle'
    const { watermark } = this.#session.record
    const adopted = await this.#options.adopt(watermark, quiet)
    if (adopted === undefined || adopted <= watermark || !this.#inbox.empty) return
    await this.#together(async () => {
      await this.#session.graph.source.feed(new Watermark(adopted))
      await this.#end(false, { adopted })
    })
  }

  #together<T>(work: () => Promise<T>): Promise<T> {
    return this.#environment.isolation.together(this.#session, work)
  }

  #alone(work: () => Promise<void>): Promise<void> {
    return this.#environment.isolation.alone(this.#session, work)
  }

  #isDue(now: number): boolean {
    return this.#session.graph.due(now) <= now
  }

  async #end(closing: boolean, special: Pick<EpochEnd, 'adopted' | 'poison'> = {}): Promise<void> {
    const { run } = this.#environment
    await this.#session.endEpoch({
      to: this.#position,
      records: this.#records,
      bytes: this.#bytes,
      closing,
      ...special,
      ...(closing && run !== undefined && { ended: run }),
    })
    this.#records = 0
    this.#bytes = 0
    this.#isFirst = false
  }
}
