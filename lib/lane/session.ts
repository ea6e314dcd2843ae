import { randomBytes } from 'node:crypto'
import { answersPrefix, Bundle } from '../commit/bundle.ts'
import { Chain } from '../commit/chain.ts'
import {
  type CommitRecord,
  instanceOf,
  type LaneName,
  recordedOf,
  stageId,
  type Stored,
} from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import { Account } from '../memory.ts'
import { Barrier } from '../message.ts'
import type { Blueprint, Source } from '../pipeline.ts'
import { checkCarried, checkTopic, claimAfter, formatsOf, type ClaimOptions } from './claim.ts'
import { retry, type RetryOptions } from '../retry.ts'
import { type LaneSink, prefixesOf, restoreSinks, type SinkBinding } from '../sink.ts'
import type { PipelineTable } from '../table/table.ts'
import { restore, Snapshot } from '../state/snapshot.ts'
import type { StateAccount } from '../state/state-limit.ts'
import { idOf } from '../topics.ts'
import type { Environment } from './environment.ts'
import { type Cut, type EpochEnd, sweep } from './cut.ts'
import type { Fingerprints } from '../fingerprint.ts'
import { Fenced } from './fenced.ts'
import { Graph } from './graph.ts'
import { keyCheck } from './key-check.ts'
import { persistence } from './persistence.ts'
import { Publisher } from './publisher.ts'
import { ObservedOrder } from './reject-order.ts'
import { Rejects } from './rejects.ts'
import { isOnTheWay, leftOf } from './suspects.ts'
import { writeEpoch } from './write-epoch.ts'

/**
 * One claim's life: from the claim, through recovery, epoch after epoch, until it is dropped. Everything a lane holds in memory is in here, so that
 * dropping it is always safe and always the answer to the unexpected.
 */
export class Session {
  readonly lane: LaneName
  readonly graph: Graph
  readonly memory: Account
  readonly source: Source
  readonly #environment: Environment
  readonly #chain: Chain
  readonly #owner = randomBytes(8).toString('hex')
  readonly #abort = new AbortController()
  readonly #publisher: Publisher
  readonly #snapshot: Snapshot
  readonly fingerprints: Fingerprints
  readonly #tables: readonly PipelineTable<unknown>[]
  readonly #rejects: Rejects
  readonly #order = new ObservedOrder()
  readonly #state: StateAccount
  readonly #signal: AbortSignal
  #stored: Stored
  /** Index of the commit that the running epoch will end in. */
  #commitIndex: number
  #tick: number
  /** What is held by epochs that have ended and are not yet published. */
  readonly #leaving = new Set<Account>()
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
    this.fingerprints = { fingerprint: blueprint.fingerprint, keepers: blueprint.keepers }
    this.#tables = blueprint.tables
    environment.tables.turn(this.#tables)
    this.#publisher = new Publisher({
      environment,
      chain,
      requests: this.#requests,
      retry: this.#retry,
    })
    this.#tick = stored.record.recorded.tick
    this.#snapshot = new Snapshot(stored.record.state, stored.record.stateHash)
    this.memory = new Account(environment.budget)
    this.#state = environment.state.account()
    this.#commitIndex = stored.record.index + 1
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => undefined)
    this.#signal = signal
    signal.addEventListener('abort', this.#stop, { once: true })
    this.#rejects = new Rejects({
      pipeline: environment.name,
      maxRecordBytes: environment.maxRecordBytes,
      taken: () => this.graph.takesRejects,
      commit: () => this.#commitIndex,
    })
    this.graph = new Graph(blueprint, lane.stage, {
      sealed: stored.record.sealed,
      clock: environment.clock,
      order: this.#order,
      bindSink: (sink, arrived, reject) => this.#bindSink(sink, arrived, reject),
      rejected: (rejections) => this.#rejects.messages(rejections),
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
    const { store, clock } = environment
    const chain = new Chain(lane, store, clock, persistence(lane, environment))
    const blueprint = environment.blueprint()
    const newest = await chain.newest(options.signal)
    if (newest) checkTopic(newest.record, options.topicId)
    const claim = claimAfter(newest, lane, environment, blueprint, options)
    const session = new Session(
      lane,
      environment,
      chain,
      blueprint,
      { record: claim, hash: '' },
      options.signal,
    )
    environment.owners.add(session.#owner)
    try {
      if (newest) checkCarried(newest.record, session.graph.sinks)
      const prefixes = prefixesOf(session.graph.sinks)
      await session.#append({ ...claim, owner: session.#owner, prefixes })
      if (isOnTheWay(claim.stalls)) environment.events.stalled(lane)
      session.#tellDropped()
      await session.#recover()
      return session
    } catch (error) {
      session.drop()
      throw await session.explain(error)
    }
  }

  /** The newest record: where this lane is. */
  get record(): CommitRecord {
    return this.#stored.record
  }

  /** Bytes of memory that the running epoch's rows, totals and answers take. */
  get held(): number {
    return this.graph.held + this.memory.held
  }

  /** The running epoch has its first record now: what it opens is as old as that, and tables are what they are now until it ends. */
  begin(now: number): void {
    this.#tick = now
    this.#environment.tables.turn(this.#tables)
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
    const reasons = this.#rejects.take()
    const { adopted, poison, rounds = [] } = end
    const order = this.#order.take()
    const recorded = {
      ...recordedOf(barrier, this.#tick, adopted),
      ...(this.#tables.length > 0 && { tables: versionsOf(this.#tables) }),
      ...(order.length > 0 && { rejects: order }),
      ...(rounds.length > 0 && { rounds }),
      ...(poison !== undefined && { poison }),
    }
    const cut = sweep(this.graph, this.#snapshot, end, recorded, this.record, reasons)
    this.#tick = barrier.tick
    this.#commitIndex++
    this.#state.settle(this.graph.stores)
    this.#committing = this.#commit(cut, this.#leave(cut.held))
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
    const { kind, objects, outbox = [] } = this.record
    // a trial that found nothing to read is over: nobody has died of it
    if (kind !== 'trial' && objects.length + outbox.length === 0) return
    await this.#append(this.#atRest('release'))
    this.announce()
  }

  /** Say, before the epoch begins, what it is to take and no more: whoever comes next knows then what this process died of, if it does. */
  async announceTrial(trying: readonly [from: number, to: number]): Promise<void> {
    await this.published()
    await this.#append({ ...this.#atRest('trial'), trying })
    this.#commitIndex = this.record.index + 1
    this.announce()
  }

  /** Tell the merging lanes of this process what the lane stands on. Nobody takes it back once another process goes on with the chain, so it must not come late. */
  announce(bundle?: Bundle): void {
    if (!this.#abort.signal.aborted) this.#environment.board.announce(this.record, bundle)
  }

  /**
   * What an error means for this lane. Its next owner may have deleted what nobody but this late one needs, or have written the objects that this one
   * would write: then it is fenced, and nothing is wrong.
   */
  async explain(error: unknown): Promise<unknown> {
    if (!(error instanceof SluiceError) || error.code === 'fenced') return error
    const newest = await this.#chain.newest(this.#signal)
    return newest && newest.record.index > this.record.index
      ? new Fenced(this.lane, newest.record)
      : error
  }

  /** Forget everything; what is not committed will be read again. */
  drop(): void {
    this.#signal.removeEventListener('abort', this.#stop)
    this.#stop()
    this.graph.destroy()
    this.memory.close()
    for (const memory of this.#leaving) memory.close()
    this.#state.close()
  }

  #stop = (): void => {
    const reason = new SluiceError('fenced', `${idOf(this.lane)} was dropped`)
    this.#abort.abort(reason)
    this.#fail(reason)
  }

  get #retry(): RetryOptions {
    return {
      ...persistence(this.lane, this.#environment),
      clock: this.#environment.clock,
      signal: this.#abort.signal,
    }
  }

  /** For requests to the store, of which a process has only so many under way; those to the chain wait for nobody. */
  get #requests(): RetryOptions {
    const { limit } = this.#environment
    return { ...this.#retry, limit: (request) => limit(request, stageId(this.lane)) }
  }

  async #recover(): Promise<void> {
    const { record } = this.#stored
    await this.#publisher.publish(record, undefined)
    await restore(record.state, this.graph.stores, this.#environment.store, this.#requests)
    restoreSinks(this.graph.sinks, record)
    this.#state.settle(this.graph.stores)
  }

  #tellDropped(): void {
    const { index, dropped } = this.record
    if (!dropped) return
    const what = dropped.join(', ')
    this.#environment.events.note(this.lane, `record ${index} gives up what was kept as ${what}`)
  }

  /** Take memory over from the running epoch. */
  #leave(held: number): Account {
    const memory = new Account(this.#environment.budget)
    memory.charge(held)
    this.memory.release(held)
    this.#leaving.add(memory)
    return memory
  }

  async #commit(cut: Cut, memory: Account): Promise<void> {
    const { store, instance, events, producers, clock } = this.#environment
    const began = clock.now()
    const commit = this.record.index + 1
    const bundle = new Bundle(this.lane, commit, this.#owner)
    const answers = new Bundle(this.lane, commit, this.#owner, answersPrefix(this.lane))
    const facts = await writeEpoch(cut, this.#snapshot, {
      commit,
      bundle,
      answers,
      memory,
      ranges: instance.lanes.length,
      partitions: (topic) => producers.partitions(topic),
    })
    for (const object of [bundle, answers]) await retry(() => object.save(store), this.#requests)
    await this.#publishing
    const { suspects, to } = this.record
    const left = leftOf(suspects, to, facts.to)
    const record = {
      ...this.#next('commit'),
      ...facts,
      formats: formatsOf(facts, this.graph.sinks),
      ...(left && { suspects: left }),
    }
    await this.#append(record)
    events.committed(this.record, clock.now() - began)
    this.announce(bundle)
    this.#publishing = this.#publisher.publish(this.record, bundle).then(() => {
      memory.close()
      this.#leaving.delete(memory)
    })
    this.#publishing.catch(this.#fail)
  }

  /** Write the next record of the chain; from then on it is what this lane stands on. */
  async #append(record: CommitRecord): Promise<void> {
    const appended = await this.#chain.append(record, this.#abort.signal)
    if (appended.outcome === 'fenced') throw new Fenced(this.lane, appended.by)
    this.#stored = appended.stored
    this.#publisher.hear()
  }

  /** A record between two epochs: all is published, and nothing else has changed. */
  #atRest(kind: 'trial' | 'release'): CommitRecord {
    const { to, suspects, recorded } = this.record
    const { tick, began, closing } = recorded
    return {
      ...this.#next(kind),
      from: to,
      records: 0,
      bytes: 0,
      fates: {},
      reasons: {},
      objects: [],
      outbox: [],
      partials: {},
      recorded: { tick, began, closing },
      ...(suspects && { suspects }),
    }
  }

  #next(kind: CommitRecord['kind']): CommitRecord {
    const { suspects: _, trying: __, dropped: ___, ...record } = this.record
    const { hash } = this.#stored
    return {
      ...record,
      index: record.index + 1,
      kind,
      token: randomBytes(8).toString('hex'),
      at: new Date(this.#environment.clock.now()).toISOString(),
      prevHash: hash,
      stalls: 0,
    }
  }

  #bindSink(sink: LaneSink, arrived: () => void, reject: SinkBinding['reject']): void {
    const { store, losesUploads, instance } = this.#environment
    sink.bind({
      lane: this.lane,
      instance: instanceOf(instance.id, this.lane.stage),
      store,
      retry: this.#requests,
      memory: this.memory,
      share: () => this.#environment.share(),
      losesUploads,
      carries: true,
      committed: () => this.#committing,
      published: () => this.#publishing,
      ...keyCheck(this.source, instance.lanes, this.lane),
      epoch: () => ({ commit: this.#commitIndex, owner: this.#owner, tick: this.#tick }),
      reject,
      arrived,
    })
  }
}

const versionsOf = (tables: readonly PipelineTable<unknown>[]): Record<string, string> =>
  Object.fromEntries(tables.map(({ id, version }) => [id, version.sha256]))
