import { Chain, recordKey } from '../commit/chain.ts'
import { bundlesOf } from '../commit/collect.ts'
import type { CommitRecord, LaneName, Segment, StagedObject, Stored } from '../commit/record.ts'
import { entriesOf, firstWhere, readEntry } from './chain-entries.ts'
import { type AuditContext, labelOf } from './context.ts'
import type { FoundLane } from './discovery.ts'
import { externalJobs } from './external-audit.ts'
import type { ExchangeAudit } from './exchange-audit.ts'
import { RESTORE } from './finding.ts'
import { neededSegments } from './needed-segments.ts'
import { auditObject, auditSegment, isStaged, type Verdict } from './object-audit.ts'
import { auditOpen } from './open-audit.ts'
import { type Problem, problemsOf } from './record-audit.ts'
import { type Difference, firstDifference, inWords } from './trace/difference.ts'

const RESTORE_OR_RESTART = `${RESTORE}, or read the topic anew with another --name`

/** One commit, as far as the log can be asked about it. */
export interface Epoch {
  readonly index: number
  readonly from: number
  readonly to: number
  readonly records: number
}

/** An object, and the index of the record that lists it. */
interface Committed {
  readonly object: StagedObject
  readonly commit: number
}

type Job = () => Promise<void>

/** Walks one lane's chain, from its first record, or the first since a time, to the one that was newest when the audit began. */
export class LaneAudit {
  readonly lane: LaneName
  readonly newestIndex: number
  /** Indices without a record that can be read. */
  readonly absent = new Set<number>()
  readonly sinks = new Set<string>()
  /** Holds four numbers for each commit of the chain. */
  readonly epochs: Epoch[] = []
  /** Index of the first record that is looked at. */
  start = 1
  /** The offset at which it begins. */
  first = 0
  newest: CommitRecord | undefined
  records = 0
  objects = 0
  /** Objects that are committed and not yet visible. */
  pending = 0
  /** Messages of each commit that has some, by topic. */
  readonly produced: { readonly topic: string; readonly commit: number; readonly count: number }[] =
    []
  readonly #context: AuditContext
  readonly #exchange: ExchangeAudit

  constructor({ lane, newest }: FoundLane, context: AuditContext, exchange: ExchangeAudit) {
    this.lane = lane
    this.newestIndex = newest
    this.#context = context
    this.#exchange = exchange
  }

  get label(): string {
    return labelOf(this.lane)
  }

  /** Judges every record, and yields what is to be read besides: objects and bundles. */
  async *jobs(): AsyncGenerator<Job> {
    if (this.newestIndex === 0)
      this.#report('lost', this.label, 'its chain of records is gone', RESTORE)
    const chain = new Chain(this.lane, this.#context.store, this.#context.clock)
    const { since } = this.#context
    if (since > -Infinity)
      this.start = await firstWhere(
        chain,
        this.newestIndex,
        // by the clock of its writer
        ({ at }) => Date.parse(at) >= since,
      )
    let before = this.start > 1 ? (await readEntry(chain, this.start - 1)).stored : undefined
    let unsettled: readonly Committed[] = []
    for await (const { index, stored, problem } of entriesOf(chain, this.newestIndex, this.start)) {
      if (!stored) {
        this.absent.add(index)
        this.#record(index, problem)
        before = undefined
        continue
      }
      const { record } = stored
      this.#judge(stored, before, index)
      yield* this.#unmergedPartials(record)
      yield* externalJobs(record, this.#context)
      if (record.kind !== 'claim' || !before) {
        // the next commit is not written before all of this one is published
        yield* unsettled.map(
          (committed): Job =>
            () =>
              this.#visible(committed),
        )
        unsettled = record.objects.map((object) => ({ object, commit: index }))
        this.#list(record)
      }
      before = stored
    }
    yield* unsettled.map(
      (committed): Job =>
        () =>
          this.#visibleOrPending(committed),
    )
    const { newest } = this
    if (!newest) return
    for await (const { segment, what } of neededSegments(newest, this.#context))
      yield () => this.#segment(segment, what)
    const found = (problem: Problem): void => this.#record(newest.index, problem)
    yield () => auditOpen(newest, this.#context, found)
  }

  #judge(stored: Stored, before: Stored | undefined, index: number): void {
    const { record } = stored
    const place = { lane: this.lane, index, instance: this.#context.instance }
    for (const problem of problemsOf(stored, before, place)) this.#record(index, problem)
    if (!this.newest) this.first = record.from
    this.newest = record
    this.records += record.records
    this.#context.totals.add(record)
    if (record.kind === 'commit')
      this.epochs.push({ index, from: record.from, to: record.to, records: record.records })
    for (const { sink } of record.carried) this.sinks.add(sink)
    for (const sink of Object.keys(record.open ?? {})) this.sinks.add(sink)
  }

  #list({ objects, outbox = [], index }: CommitRecord): void {
    for (const { topic, commit, count } of outbox) this.produced.push({ topic, commit, count })
    const { keys, hashes, sizes } = this.#context
    for (const { key, sink, sha256, bytes } of objects) {
      this.sinks.add(sink)
      this.objects++
      if (!keys.add(key))
        this.#record(index, { kind: 'doubled', what: `another record lists ${key} too` })
      hashes.add(sha256)
      sizes.add(String(bytes))
    }
  }

  async #visible(committed: Committed): Promise<void> {
    await this.#object(committed, await this.#look(committed))
  }

  #look({ object }: Committed): Promise<Verdict> {
    const { store, clock, sample } = this.#context
    return auditObject(object, store, clock, sample.has(object.key))
  }

  /** Of the newest commit's objects some may still be on their way, or wait for the next start. */
  async #visibleOrPending(committed: Committed): Promise<void> {
    const { object } = committed
    const verdict = await this.#look(committed)
    if (verdict.state !== 'missing') return this.#object(committed, verdict)
    const newest = await this.#context.newest(this.lane)
    const isPending = newest?.objects.some(({ token }) => token === object.token) ?? false
    if (isPending && (await isStaged(object, this.#context.store, this.#context.clock)))
      this.pending++
    else await this.#visible(committed)
  }

  async #object({ object, commit }: Committed, verdict: Verdict): Promise<void> {
    const { key, rows, firstOffset, lastOffset, sink } = object
    const { checked, sample, forgotten } = this.#context
    if (verdict.state === 'missing' && forgotten.excuses(object, this.label, commit)) return
    if (verdict.state !== 'missing') forgotten.found(object, this.label, commit)
    if (verdict.state === 'unread') return sample.leftOut.add(rows)
    if (verdict.state === 'sound') return checked.add(rows)
    const origin =
      firstOffset < 0
        ? `${rows} rows of ${sink}`
        : `${rows} rows of ${sink}, of ${this.label} offsets ${firstOffset} to ${lastOffset}`
    if (verdict.state === 'missing')
      return this.#report('lost', key, `it is gone: ${origin}`, RESTORE_OR_RESTART)
    const difference = await this.#difference(object)
    const what = `${verdict.how}: ${origin}${difference ? `; ${inWords(difference)}` : ''}`
    this.#context.findings.add({
      kind: 'altered',
      where: key,
      what,
      advice: RESTORE_OR_RESTART,
      ...(difference && { difference }),
    })
  }

  /** Asked of the findings that are kept only. */
  async #difference(object: StagedObject): Promise<Difference | undefined> {
    const { log, store, clock, findings } = this.#context
    if (!log || findings.isFull) return undefined
    return firstDifference(object, { lane: this.lane, store, log, clock })
  }

  *#unmergedPartials({ partials = {}, index }: CommitRecord): Generator<Job> {
    for (const { ranges } of Object.values(partials))
      for (const [number, segment] of ranges.entries()) {
        const range = this.#context.ranges[number]
        if (segment && range && this.#exchange.merged(this.lane, range) < index)
          yield () =>
            this.#segment(
              segment,
              `partials of record ${index} for range ${number}`,
              async () => (await this.#exchange.mergedNow(this.lane, range)) >= index,
            )
      }
  }

  async #segment(
    segment: Segment,
    what: string,
    isObsolete = () => this.#isObsolete(segment),
  ): Promise<void> {
    const { store, clock } = this.#context
    const verdict = await auditSegment(segment, store, clock)
    if (verdict.state === 'sound' || (await isObsolete())) return
    const span = `bytes ${segment.from} to ${segment.to}, ${what} of ${this.label}`
    if (verdict.state === 'missing')
      this.#report('lost', segment.bundle, `it is gone: ${span}`, RESTORE_OR_RESTART)
    else this.#report('altered', segment.bundle, `${verdict.how}: ${span}`, RESTORE_OR_RESTART)
  }

  /** A running lane deletes the bundles that its newer records do without. */
  async #isObsolete({ bundle }: Segment): Promise<boolean> {
    const newest = await this.#context.newest(this.lane)
    return newest !== undefined && newest.index > this.newestIndex && !bundlesOf(newest).has(bundle)
  }

  #record(index: number, { kind, what }: Problem): void {
    const key = recordKey(this.lane, index)
    const advice = this.absent.has(index)
      ? `restore ${key} from a version of the bucket or a backup`
      : `compare ${key} and the record before it with a version or a backup of them`
    this.#report(kind, `${this.label} record ${index}`, what, advice)
  }

  #report(kind: Problem['kind'], where: string, what: string, advice: string): void {
    this.#context.findings.add({ kind, where, what, advice })
  }
}
