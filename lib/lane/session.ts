import { randomBytes } from 'node:crypto'
import { Bundle } from '../commit/bundle.ts'
import { Chain } from '../commit/chain.ts'
import { bytesFrom, publish } from '../commit/publish.ts'
import {
  type CarriedObject,
  type CommitRecord,
  type LaneName,
  recordedOf,
  type StagedObject,
  type Stored,
} from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import { writePartials } from '../exchange/ranges.ts'
import { Account } from '../memory.ts'
import { Barrier, type Message } from '../message.ts'
import type { Rejection } from '../operator.ts'
import type { Blueprint, KafkaOptions } from '../pipeline.ts'
import { checkFingerprint, claimAfter, type ClaimOptions } from './claim.ts'
import { retry, type RetryOptions } from '../retry.ts'
import type { LaneSink } from '../sink.ts'
import { restore, Snapshot } from '../state/snapshot.ts'
import type { Environment } from './environment.ts'
import { type Cut, type EpochEnd, sweep } from './cut.ts'
import { Flood } from './flood.ts'
import { Graph } from './graph.ts'
import { rejectedMessage, unheard } from './rejected.ts'

/** Thrown when another owner's record stands where ours would go. */
export class Fenced extends SluiceError {
  constructor(lane: LaneName, by: CommitRecord) {
    super(
      'fenced',
      `${lane.topic}-${lane.partition}: another owner (${by.host}, since ${by.at}) has claimed this lane with record ${by.index}; this one stops writing to it`,
    )
  }
}

/**
 * One claim's life: from the claim, through recovery, epoch after epoch, until it is dropped. Everything a lane holds in memory is in here, so that
 * dropping it is always safe and always the answer to the unexpected.
 */
export class Session {
  readonly lane: LaneName
  readonly graph: Graph
  readonly memory: Account
  readonly source: KafkaOptions
  readonly #environment: Environment
  readonly #chain: Chain
  readonly #owner = randomBytes(8).toString('hex')
  readonly #abort = new AbortController()
  readonly #snapshot: Snapshot
  readonly #fingerprint: string
  readonly #flood = new Flood()
  readonly #reasons = new Map<string, number>()
  readonly #state: Account
  #stored: Stored
  /** Index of the commit that the running epoch will end in. */
  #commitIndex: number
  #tick: number
  #committing: Promise<void> = Promise.resolve()
  #publishing: Promise<void> = Promise.resolve()
  #fail: (error: Error) => void = () => undefined
  /** Rejects when the session is over for a reason that nobody is awaiting. */
  readonly failed: Promise<never>

  private constructor(
    lane: LaneName,
    environment: Environment,
    chain: Chain,
    blueprint: Blueprint,
    stored: Stored,
    signal: AbortSignal,
  ) {
    this.lane = lane
    this.#environment = environment
    this.#chain = chain
    this.#stored = stored
    this.source = blueprint.source
    this.#fingerprint = blueprint.fingerprint
    this.#tick = stored.record.recorded.tick
    this.#snapshot = new Snapshot(stored.record.state, stored.record.stateHash)
    this.memory = new Account(environment.budget)
    this.#state = new Account(environment.budget)
    this.#commitIndex = stored.record.index + 1
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => undefined)
    signal.addEventListener('abort', this.#stop, { once: true })
    this.graph = new Graph(blueprint, lane.stage, {
      sealed: stored.record.sealed,
      bindSink: (sink, arrived) => this.#bindSink(sink, arrived),
      rejected: (rejections) => this.#rejected(rejections),
      failed: (error) => this.#fail(error),
    })
  }

  /**
   * Claim the lane and recover it: the one path, after a crash, a rebalance or a clean stop alike. Publishes what was committed and not yet visible, and
   * reads the stores back.
   *
   * @throws Fenced when another process claims it at the same moment
   */
  static async open(
    lane: LaneName,
    environment: Environment,
    options: ClaimOptions,
  ): Promise<Session> {
    const chain = new Chain(lane, environment.store, environment.clock)
    const blueprint = environment.blueprint()
    const newest = await chain.newest(options.signal)
    if (newest) checkFingerprint(newest.record, blueprint.fingerprint)
    const claim = claimAfter(newest, lane, environment, blueprint.fingerprint, options)
    const session = new Session(
      lane,
      environment,
      chain,
      blueprint,
      { record: claim, hash: '' },
      options.signal,
    )
    try {
      const appended = await chain.append({ ...claim, owner: session.#owner }, options.signal)
      if (appended.outcome === 'fenced') throw new Fenced(lane, appended.by)
      session.#stored = appended.stored
      await session.#recover()
      return session
    } catch (error) {
      session.drop()
      throw error
    }
  }

  /** The newest record: where this lane is. */
  get record(): CommitRecord {
    return this.#stored.record
  }

  get tick(): number {
    return this.#tick
  }

  /**
   * End the epoch: a barrier through all streams, then, while the next epoch already runs, staging, commit and publishing. Resolves when the
   * barrier has passed, after the answer to the commit before it.
   */
  async endEpoch(end: EpochEnd): Promise<void> {
    await this.#committing
    const barrier = new Barrier(this.#environment.clock.now(), end.closing)
    await this.graph.barrier(barrier)
    this.assertLive()
    const cut = sweep(this.graph, this.#snapshot, end, barrier, this.record, this.#reasons)
    this.#reasons.clear()
    this.#flood.read(end.records)
    this.#tick = barrier.tick
    this.#commitIndex++
    this.#state.settle(this.graph.memory)
    checkState(this.graph, this.#environment)
    this.#committing = this.#commit(cut)
    this.#committing.catch(this.#fail)
  }

  /** @throws the reason for which the session was dropped, if it was: for whoever goes on after an await */
  assertLive(): void {
    this.#abort.signal.throwIfAborted()
  }

  /** Resolves when the last ended epoch is committed, `published` when its objects are visible too. */
  async committed(): Promise<void> {
    await this.#committing
  }

  async published(): Promise<void> {
    await this.#committing
    await this.#publishing
  }

  /**
   * Say that everything is published, so that whoever comes next need not look after it: an object that a reader has taken away by then does not
   * come back. For a clean end.
   */
  async release(): Promise<void> {
    await this.published()
    if (this.record.objects.length === 0) return
    const record: CommitRecord = {
      ...this.#next('release'),
      from: this.record.to,
      records: 0,
      bytes: 0,
      fates: {},
      reasons: {},
      objects: [],
      partials: {},
    }
    const appended = await this.#chain.append(record, this.#abort.signal)
    if (appended.outcome === 'fenced') throw new Fenced(this.lane, appended.by)
    this.#stored = appended.stored
    this.#environment.board.announce(appended.stored.record)
  }

  /** Forget everything; what is not committed will be read again. */
  drop(): void {
    this.#stop()
    this.graph.destroy()
    this.memory.close()
    this.#state.close()
  }

  #stop = (): void => {
    const reason = new SluiceError(
      'fenced',
      `${this.lane.topic}-${this.lane.partition} was dropped`,
    )
    this.#abort.abort(reason)
    this.#fail(reason)
  }

  get #retry(): RetryOptions {
    return {
      clock: this.#environment.clock,
      signal: this.#abort.signal,
      onRetry: (error) => this.#environment.events.retrying(this.lane, error.message),
    }
  }

  async #recover(): Promise<void> {
    const { record } = this.#stored
    await this.#publish(record, bytesFrom(this.#environment.store))
    await restore(record.state, this.graph.stores, this.#environment.store, this.#retry)
    for (const sink of this.graph.sinks)
      sink.restore(record.carried.filter((object) => object.sink === sink.id))
  }

  async #commit(cut: Cut): Promise<void> {
    const { store, instance, events, board } = this.#environment
    const bundle = new Bundle(this.lane, this.record.index + 1, this.#owner)
    const objects: StagedObject[] = []
    const carried: CarriedObject[] = []
    for (const sink of cut.sinks) {
      const staged = await sink.stage(bundle)
      objects.push(...staged.objects)
      carried.push(...staged.carried)
    }
    const partials = Object.fromEntries(
      cut.partials.map(({ id, watermark, partials: all }) => [
        id,
        { watermark, ranges: writePartials(all, instance.ranges, bundle) },
      ]),
    )
    this.#snapshot.keep(cut.changes, this.graph.stores, bundle)
    await this.#environment.limit(() => retry(() => bundle.save(store), this.#retry))
    await this.#publishing
    const record: CommitRecord = {
      ...this.#next('commit'),
      ...cut.facts,
      recorded: recordedOf(cut.barrier, cut.adopted),
      state: this.#snapshot.segments,
      stateHash: cut.stateHash,
      carried,
      objects,
      ...(cut.partials.length > 0 && { partials }),
    }
    const appended = await this.#chain.append(record, this.#abort.signal)
    if (appended.outcome === 'fenced') throw new Fenced(this.lane, appended.by)
    this.#stored = appended.stored
    this.memory.release(cut.held)
    events.committed(appended.stored.record)
    board.announce(appended.stored.record, bundle)
    this.#publishing = this.#publish(appended.stored.record, ({ staged }) =>
      Promise.resolve(bundle.bytesOf(staged)),
    )
    this.#publishing.catch(this.#fail)
  }

  async #publish(record: CommitRecord, bytesOf: Parameters<typeof publish>[2]): Promise<void> {
    const { store, limit, events } = this.#environment
    await Promise.all(
      record.objects.map((object) => limit(() => publish(object, store, bytesOf, this.#retry))),
    )
    if (record.objects.length > 0) events.published(this.lane, record.objects.length)
  }

  #next(kind: CommitRecord['kind']): CommitRecord {
    const { record, hash } = this.#stored
    return {
      ...record,
      index: record.index + 1,
      kind,
      fingerprint: this.#fingerprint,
      token: randomBytes(8).toString('hex'),
      at: new Date(this.#environment.clock.now()).toISOString(),
      prevHash: hash,
      stalls: 0,
    }
  }

  #bindSink(sink: LaneSink, arrived: () => void): void {
    const { store, limit, instance } = this.#environment
    sink.bind({
      lane: this.lane,
      instance: instance.id,
      store,
      limit,
      retry: this.#retry,
      memory: this.memory,
      carries: true,
      epoch: () => ({ commit: this.#commitIndex, owner: this.#owner, tick: this.#tick }),
      reject: (rejections) => this.graph.reject(rejections),
      arrived,
    })
  }

  /** Rejections as messages of the rejected flow. */
  #rejected(rejections: readonly Rejection[]): Message<unknown>[] {
    const { name, maxRecordBytes } = this.#environment
    const commit = this.#commitIndex
    return rejections.map((rejection) => {
      const message = rejectedMessage(rejection, name, commit, maxRecordBytes)
      if (!this.graph.takesRejects) throw unheard(message.value)
      this.#flood.rejected(rejection)
      const reason = shortOf(rejection.reason)
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
      return message
    })
  }
}

/** Reasons begin with a few words of their kind; what follows a colon is about the one event. */
const shortOf = (reason: string): string => reason.split(':', 1)[0] as string

/** The most of the budget that state may take: the rest has to hold what is read and written. */
const MOST_STATE = 0.8

/** @throws SluiceError 'memory' that names the operator with the most state */
function checkState({ memory, stores }: Graph, { budget }: Environment): void {
  if (memory <= budget.limit * MOST_STATE) return
  const [[id, store] = ['', undefined]] = [...stores].sort(([, a], [, b]) => b.memory - a.memory)
  const mega = (bytes: number | undefined): string => `${Math.round((bytes ?? 0) / 1024 ** 2)} MB`
  throw new SluiceError(
    'memory',
    `${id} holds ${mega(store?.memory)} of state, and the budget for data is ${mega(budget.limit)}: raise --memory, or let it remember less`,
  )
}
