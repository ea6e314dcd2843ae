import type { Clock } from '../clock.ts'
import type { CommitRecord, LaneName } from '../commit/record.ts'
import type { ObjectStore } from '../ports.ts'
import { labelOf } from './context.ts'
import { type FoundLane, newestRecord } from './discovery.ts'
import type { Findings } from './finding.ts'

/** How far the merging lanes have taken what the reading lanes hand over. */
export class ExchangeAudit {
  readonly #store: ObjectStore
  readonly #clock: Clock
  /** Newest records of merging lanes by range; undefined for one that cannot be read. */
  readonly #newest = new Map<number, CommitRecord | undefined>()

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
      exchange.#newest.set(lane.partition, await newestRecord(lane, store, clock))
    return exchange
  }

  /** The index up to which a range has been merged of a lane's chain, when the audit began. */
  merged({ partition }: LaneName, range: number): number {
    return this.#newest.has(range) ? indexIn(this.#newest.get(range), partition) : 0
  }

  /** The same as of now. */
  async mergedNow(lane: LaneName, range: number): Promise<number> {
    const merging: LaneName = { ...lane, partition: range, stage: 2 }
    return indexIn(await newestRecord(merging, this.#store, this.#clock), lane.partition)
  }

  /** Nothing can have been merged that was not committed. */
  check(
    lanes: readonly { readonly lane: LaneName; readonly newestIndex: number }[],
    findings: Findings,
  ): void {
    for (const [range, record] of this.#newest)
      for (const [partition, { index }] of Object.entries(record?.vector ?? {})) {
        const newest = lanes.find(
          ({ lane }) => lane.stage === 1 && lane.partition === Number(partition),
        )?.newestIndex
        if (index <= (newest ?? 0)) continue
        const { topic, pipeline } = (record as CommitRecord).lane
        findings.add({
          kind: 'lost',
          where: labelOf({ pipeline, topic, partition: Number(partition), stage: 1 }),
          what: `its chain ends at record ${newest ?? 0}, but range ${range} has merged its record ${index}`,
          advice: 'restore the records that are gone',
        })
      }
  }
}

/** A chain that cannot be read is reported as such; nothing is said about what it has not merged. */
const indexIn = (record: CommitRecord | undefined, partition: number): number =>
  record ? (record.vector?.[partition]?.index ?? 0) : Infinity
