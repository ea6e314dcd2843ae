import type { Readable } from 'node:stream'
import { systemClock } from '../../clock.ts'
import { Bundle } from '../../commit/bundle.ts'
import { collectBundles, bundlesOf } from '../../commit/collect.ts'
import { type CommitRecord, instanceOf, placesOf, type StagedObject } from '../../commit/record.ts'
import { type Cut, type EpochEnd, sweep } from '../../lane/cut.ts'
import { Graph, type Path } from '../../lane/graph.ts'
import { keyCheck } from '../../lane/key-check.ts'
import { Rejects } from '../../lane/rejects.ts'
import { type EpochFacts, writeEpoch } from '../../lane/write-epoch.ts'
import { Account, Budget } from '../../memory.ts'
import { Barrier, Watermark } from '../../message.ts'
import type { Blueprint } from '../../pipeline.ts'
import { maxRecordBytesOf } from '../../run/blueprint.ts'
import { type LaneSink, restoreSinks, type SinkBinding } from '../../sink.ts'
import { restore, Snapshot } from '../../state/snapshot.ts'
import type { TopicPartition } from '../../topics.ts'
import { External } from './external.ts'
import { RecordedOrder } from './recorded-order.ts'
import { type Memory, memoryAfter } from './remembered.ts'
import type { ReplayStore } from './replay-store.ts'
import { type Watch, watchStreams } from './watch.ts'

/** Finished objects that an epoch holds in its bundle before they leave memory, in bytes. */
const SHARE = 64 * 1024 * 1024

/** What an epoch came to when it was run again. */
export interface Rerunning {
  readonly facts: EpochFacts
  /** With the bytes of its small objects. */
  readonly bundle: Bundle
}

export interface RerunOptions {
  readonly blueprint: Blueprint
  /** Values of the pipeline's own options. */
  readonly values: Readonly<Record<string, unknown>>
  readonly store: ReplayStore
  /** What there was to read when the instance was made: keys are divided into as many ranges. */
  readonly lanes: readonly TopicPartition[]
  readonly watch: Watch
}

/** What an epoch is fed with; answers with what its end is known by. */
export type FeedEpoch = (graph: Graph) => Promise<Pick<EpochEnd, 'records' | 'vector'>>

/**
 * A lane brought back to life after one of its records: the same streams as in a run, fed with what the log holds and what its records tell, epoch by epoch.
 * Holds what one epoch of the lane held when it ran first; rows of objects that stay open, and state, lie in the scratch store.
 */
export class Rerun {
  readonly #options: RerunOptions
  readonly #graph: Graph
  readonly #account = new Account(new Budget(Infinity))
  readonly #snapshot: Snapshot
  readonly #external: External
  readonly #rejects: Rejects
  readonly #order = new RecordedOrder()
  /** The record whose epoch runs; between epochs, that of the one before. */
  #record: CommitRecord
  #memory: Memory
  #fail: (error: Error) => void = () => undefined
  readonly #failed: Promise<never>

  private constructor(base: CommitRecord, memory: Memory, options: RerunOptions) {
    this.#options = options
    this.#record = base
    this.#memory = memory
    this.#external = new External(options.blueprint.tables, options.store)
    this.#snapshot = new Snapshot(memory.state, memory.stateHash)
    this.#failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.#failed.catch(() => undefined)
    this.#rejects = new Rejects({
      pipeline: base.lane.pipeline,
      maxRecordBytes: maxRecordBytesOf(options.values),
      taken: () => this.#graph.takesRejects,
      commit: () => this.#record.index,
    })
    this.#graph = new Graph(options.blueprint, base.lane.stage, {
      sealed: base.sealed,
      clock: systemClock,
      order: this.#order,
      answersOf: (operator) => this.#external.answersOf(operator),
      bindSink: (sink, arrived, reject) => this.#bindSink(sink, arrived, reject),
      rejected: (rejections) => {
        for (const rejection of rejections) options.watch.rejected?.(rejection)
        return this.#rejects.messages(rejections)
      },
      failed: (error) => this.#fail(error),
    })
    watchStreams(this.#graph, options.watch)
  }

  /**
   * Read back what a lane remembered after a record.
   *
   * @param memory what that is, where the lane has been run again up to there
   * @throws SluiceError 'corrupt' when it is not there any more
   */
  static async after(
    record: CommitRecord,
    memory: Memory | undefined,
    options: RerunOptions,
  ): Promise<Rerun> {
    const rerun = new Rerun(record, memory ?? record, options)
    try {
      await rerun.#recover()
      return rerun
    } catch (error) {
      rerun.close()
      throw error
    }
  }

  /** What the lane remembers by now. */
  get memory(): Memory {
    return this.#memory
  }

  get source(): Readable {
    return this.#graph.source
  }

  /** The operators on the way to each sink and exchange. */
  get paths(): readonly Path[] {
    return this.#graph.paths
  }

  /**
   * Run the epoch of a record again, after all before it.
   *
   * @throws whatever stops it
   */
  epoch(record: CommitRecord, feed: FeedEpoch): Promise<Rerunning> {
    return Promise.race([this.#epoch(record, feed), this.#failed])
  }

  /**
   * The same as far as it is known what has become of every message: nothing is staged, so that rows of open objects may be gone. No other epoch can follow.
   *
   * @throws whatever stops it
   */
  cut(record: CommitRecord, feed: FeedEpoch): Promise<Cut> {
    return Promise.race([this.#cut(record, feed), this.#failed])
  }

  /** What an object of the epoch holds. */
  async *bytesOf({ key, staged }: StagedObject, { bundle }: Rerunning): AsyncGenerator<Buffer> {
    for (const span of placesOf(staged)) yield await bundle.read(span, this.#options.store)
    if (staged.in !== 'upload') return
    await this.#options.store.completeUpload(key, staged.uploadId, staged.parts)
    yield* this.#options.store.uploaded(key)
  }

  /** Keep what the next epoch needs of this one, and let go of the rest. */
  async settle(rerunning: Rerunning): Promise<void> {
    const { store } = this.#options
    const { facts, bundle } = rerunning
    this.#memory = memoryAfter(this.#record, facts, this.#memory)
    const left = { ...this.#record, ...this.#memory, objects: [], outbox: [], partials: {} }
    if (bundlesOf(left).has(bundle.key)) await bundle.save(store)
    await collectBundles(left, Infinity, store, { clock: systemClock })
    await this.discard(rerunning)
  }

  /** Let go of what an epoch has staged. */
  async discard({ facts }: Rerunning): Promise<void> {
    for (const { key, staged } of facts.objects)
      if (staged.in === 'upload') await this.#options.store.abortUpload(key, staged.uploadId)
  }

  close(): void {
    this.#graph.destroy()
  }

  async #recover(): Promise<void> {
    await restore(this.#memory.state, this.#graph.stores, this.#options.store, {
      clock: systemClock,
    })
    restoreSinks(this.#graph.sinks, this.#memory)
  }

  async #epoch(record: CommitRecord, feed: FeedEpoch): Promise<Rerunning> {
    const cut = await this.#cut(record, feed)
    const bundle = new Bundle(record.lane, record.index, record.owner)
    const facts = await writeEpoch(cut, this.#snapshot, {
      commit: record.index,
      bundle,
      answers: bundle,
      memory: this.#account,
      ranges: this.#options.lanes.length,
      partitions: (topic) => partitionsOf(record, topic),
    })
    return { facts, bundle }
  }

  async #cut(record: CommitRecord, feed: FeedEpoch): Promise<Cut> {
    const before = this.#record
    await this.#begin(record)
    const { records, vector } = await feed(this.#graph)
    const { tick, closing, adopted } = record.recorded
    if (adopted !== undefined) await this.#graph.source.feed(new Watermark(adopted))
    await this.#graph.barrier(new Barrier(tick, closing))
    this.#external.end()
    const { to, bytes } = record
    const end = { to, bytes, records, closing, ...(vector && { vector }) }
    const reasons = this.#rejects.take()
    return sweep(this.#graph, this.#snapshot, end, record.recorded, before, reasons)
  }

  async #begin(record: CommitRecord): Promise<void> {
    const { store } = this.#options
    this.#record = record
    store.begin(new Set(record.objects.map(({ key }) => key)))
    this.#order.begin(record.recorded.rejects)
    await this.#external.begin(record)
  }

  #bindSink(sink: LaneSink, arrived: () => void, reject: SinkBinding['reject']): void {
    const { lane, instance } = this.#record
    const { watch } = this.#options
    sink.bind({
      lane,
      instance: instanceOf(instance, lane.stage),
      store: this.#options.store,
      retry: { clock: systemClock },
      memory: this.#account,
      share: () => SHARE,
      losesUploads: false,
      carries: true,
      committed: () => Promise.resolve(),
      published: () => Promise.resolve(),
      ...keyCheck(this.#options.blueprint.source, this.#options.lanes, lane),
      epoch: () => ({
        commit: this.#record.index,
        owner: this.#record.owner,
        tick: this.#record.recorded.began,
      }),
      reject,
      ...(watch.placed && { placed: (row) => watch.placed?.(row) }),
      arrived,
    })
  }
}

const partitionsOf = ({ outbox = [] }: CommitRecord, topic: string): number =>
  outbox.find((messages) => messages.topic === topic)?.partitions ?? 0
