import type { Clock } from '../clock.ts'
import type { CommitRecord, LaneName } from '../commit/record.ts'
import type { ObjectStore } from '../ports.ts'
import { idOf, type TopicPartition } from '../topics.ts'
import { type FoundLane, newestRecord } from './discovery.ts'
import type { Findings } from './finding.ts'

/** How far the merging lanes have taken what the reading lanes hand over. */
export class ExchangeAudit {
  readonly #store: ObjectStore
  readonly #clock: Clock
  /** Newest records of merging lanes by what their ranges ride on; undefined for one that cannot be read. */
  readonly #newest = new Map<string, CommitRecord | undefined>()

  private constructor(store: ObjectStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  static async read(
    lanes: readonly FoundLane[],
    store: ObjectStore,
    clock: Clock,
  ): Promise<ExchangeAudit> {
    const exchange = new ExchangeAudit(store, clock)
    for (const { lane } of lanes)
      exchange.#newest.set(idOf(lane), await newestRecord(lane, store, clock))
    return exchange
  }

  /** The index up to which a range has been merged of a lane's chain, when the audit began. */
  merged(lane: LaneName, range: TopicPartition): number {
    const id = idOf(range)
    return this.#newest.has(id) ? indexIn(this.#newest.get(id), lane) : 0
  }

  /** The same as of now. */
  async mergedNow(lane: LaneName, { topic, partition }: TopicPartition): Promise<number> {
    const merging: LaneName = { pipeline: lane.pipeline, topic, partition, stage: 2 }
    return indexIn(await newestRecord(merging, this.#store, this.#clock), lane)
  }

  /** Nothing can have been merged that was not committed. */
  check(
    lanes: readonly { readonly lane: LaneName; readonly newestIndex: number }[],
    findings: Findings,
  ): void {
    for (const [range, record] of this.#newest)
      for (const [id, { index }] of Object.entries(record?.vector ?? {})) {
        const newest = lanes.find(({ lane }) => lane.stage === 1 && idOf(lane) === id)?.newestIndex
        if (index <= (newest ?? 0)) continue
        findings.add({
          kind: 'lost',
          where: id,
          what: `its chain ends at record ${newest ?? 0}, but ${range} merge has merged its record ${index}`,
          advice: 'restore the records that are gone',
        })
      }
  }
}

/** A chain that cannot be read is reported as such; nothing is said about what it has not merged. */
const indexIn = (record: CommitRecord | undefined, lane: TopicPartition): number =>
  record ? (record.vector?.[idOf(lane)]?.index ?? 0) : Infinity
