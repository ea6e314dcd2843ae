import { Chain } from '../commit/chain.ts'
import { collectBundles, mergedUpTo } from '../commit/collect.ts'
import type { CommitRecord } from '../commit/record.ts'
import { messageOf } from '../errors.ts'
import type { Environment } from '../lane/environment.ts'
import type { LogLane } from '../lane/log-lane.ts'
import type { MergeLane } from '../lane/merge-lane.ts'
import type { Group, MirrorEntry } from '../ports.ts'
import type { TopicPartition } from '../topics.ts'
import { writeMirror } from './mirror.ts'
import { lanesOf } from './survey.ts'

/** How often the mirror is written, and bundles are collected, in ms. */
const MIRROR_EVERY = 5_000
const COLLECT_EVERY = 30_000

/** Both stages of a lane that runs here. */
export interface Stages {
  readonly lane: LogLane
  readonly merges: readonly MergeLane[]
}

/** What is done beside the lanes now and then, and may fail: nothing depends on it for safety. */
export class Upkeep {
  readonly #environment: Environment
  /** What ranges ride on; none where nothing is exchanged. */
  readonly #ranges: readonly TopicPartition[]
  readonly #group: () => Group | undefined
  readonly #lanes: ReadonlyMap<string, Stages>

  constructor(
    environment: Environment,
    ranges: readonly TopicPartition[],
    lanes: ReadonlyMap<string, Stages>,
    group: () => Group | undefined,
  ) {
    this.#environment = environment
    this.#ranges = ranges
    this.#lanes = lanes
    this.#group = group
  }

  async keepOn(signal: AbortSignal, note: (text: string) => void): Promise<void> {
    const { clock } = this.#environment
    let collected = clock.now()
    while (!signal.aborted) {
      await clock.sleep(MIRROR_EVERY, signal).catch(() => undefined)
      if (signal.aborted) return
      try {
        await this.mirror()
        if (clock.now() - collected < COLLECT_EVERY) continue
        collected = clock.now()
        await this.#collect(signal)
      } catch (error) {
        note(`a chore failed and is tried again later: ${messageOf(error)}`)
      }
    }
  }

  /** Tell other tools, and other lanes, how far the lanes here have come. */
  async mirror(): Promise<void> {
    const entries = [...this.#lanes.values()].flatMap(({ lane }) => mirrored(lane))
    if (entries.length > 0) await this.#group()?.mirror(entries)
  }

  /** Newest records of the merging lanes, of those that were ever claimed. */
  async merging(signal?: AbortSignal): Promise<CommitRecord[]> {
    const { name, store, clock } = this.#environment
    const newest = await Promise.all(
      lanesOf(name, [], this.#ranges).map((lane) =>
        new Chain(lane, store, clock, { waitsForRights: true }).newest(signal),
      ),
    )
    return newest.flatMap((stored) => stored?.record ?? [])
  }

  async #collect(signal: AbortSignal): Promise<void> {
    const merging = await this.merging(signal)
    const all = merging.length === this.#ranges.length
    for (const { lane, merges } of this.#lanes.values()) {
      await this.#collectOf(lane.newest, all ? mergedUpTo(lane.name, merging) : 0, signal)
      for (const { newest } of merges) await this.#collectOf(newest, Infinity, signal)
    }
  }

  async #collectOf(
    record: CommitRecord | undefined,
    merged: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, clock } = this.#environment
    if (record) await collectBundles(record, merged, store, { clock, signal })
  }
}

function mirrored({ name: { topic, partition }, newest, status }: LogLane): MirrorEntry[] {
  if (!newest) return []
  const { index, watermark, to: offset } = newest
  return [{ topic, partition, offset, metadata: writeMirror({ index, watermark, status }) }]
}
