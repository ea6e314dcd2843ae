import { Chain } from '../commit/chain.ts'
import { collectBundles, mergedUpTo } from '../commit/collect.ts'
import type { CommitRecord } from '../commit/record.ts'
import { messageOf } from '../errors.ts'
import type { Environment } from '../lane/environment.ts'
import type { LogLane } from '../lane/log-lane.ts'
import type { MergeLane } from '../lane/merge-lane.ts'
import type { Group, MirrorEntry } from '../ports.ts'
import { writeMirror } from './mirror.ts'
import { lanesOf } from './survey.ts'

/** How often the mirror is written, and bundles are collected, in ms. */
const MIRROR_EVERY = 5_000
const COLLECT_EVERY = 30_000

/** Both stages of a lane that runs here. */
export interface Stages {
  readonly lane: LogLane
  readonly merge: MergeLane | undefined
}

/** What is done beside the lanes now and then, and may fail: nothing depends on it for safety. */
export class Upkeep {
  readonly #environment: Environment
  readonly #ranges: number
  readonly #group: () => Group | undefined
  readonly #lanes: ReadonlyMap<number, Stages>

  constructor(
    environment: Environment,
    ranges: number,
    lanes: ReadonlyMap<number, Stages>,
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
    const entries = [...this.#lanes].flatMap(([partition, { lane }]) => mirrored(partition, lane))
    if (entries.length > 0) await this.#group()?.mirror(entries)
  }

  /** Newest records of the merging lanes, of those that were ever claimed. */
  async merging(signal: AbortSignal): Promise<CommitRecord[]> {
    const { name, topic, store, clock } = this.#environment
    const newest = await Promise.all(
      lanesOf(name, topic, 0, this.#ranges).map((lane) =>
        new Chain(lane, store, clock).newest(signal),
      ),
    )
    return newest.flatMap((stored) => stored?.record ?? [])
  }

  async #collect(signal: AbortSignal): Promise<void> {
    const merging = await this.merging(signal)
    const all = merging.length === this.#ranges
    for (const [partition, { lane, merge }] of this.#lanes) {
      await this.#collectOf(lane.newest, all ? mergedUpTo(partition, merging) : 0, signal)
      await this.#collectOf(merge?.newest, Infinity, signal)
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

function mirrored(partition: number, { newest, status }: LogLane): MirrorEntry[] {
  if (!newest) return []
  const { index, watermark, to: offset } = newest
  return [{ partition, offset, metadata: writeMirror({ index, watermark, status }) }]
}
