import type { CommitRecord, LaneName, Segment } from '../../commit/record.ts'
import { SluiceError } from '../../errors.ts'
import { Board } from '../../exchange/board.ts'
import type { Graph } from '../../lane/graph.ts'
import { MergeFeed } from '../../lane/merge-feed.ts'
import { idOf } from '../../topics.ts'
import { type EpochInput, NotCheckable } from './epoch-input.ts'
import type { Replaying } from './replaying.ts'
import type { FeedEpoch } from './rerun.ts'

/** What a merging lane was handed over, in the rounds in which it merged it. Holds one run of partials. */
export class MergeInput implements EpochInput {
  readonly #lane: LaneName
  readonly #range: number
  readonly #replaying: Replaying
  readonly #board: Board

  constructor(lane: LaneName, replaying: Replaying) {
    this.#lane = lane
    this.#range = replaying.ranges.findIndex((range) => idOf(range) === idOf(lane))
    this.#replaying = replaying
    this.#board = new Board(lane.pipeline, replaying.store, replaying.clock)
  }

  problemAfter(): undefined {
    return undefined
  }

  feed(record: CommitRecord, before: CommitRecord): FeedEpoch {
    return async (graph) => {
      const { rounds, closing } = record.recorded
      if (!rounds && hasMerged(record, before))
        throw new NotCheckable('they were written before the rounds of merging were recorded')
      const feed = this.#feedOf(graph, before)
      for (const { merged, held = false } of rounds ?? []) {
        for (const [id, index] of Object.entries(merged)) await this.#merge(feed, id, index)
        await feed.advance(held)
      }
      if (closing) await feed.close()
      // lanes that it has put into its vector at the end of this epoch
      return { records: 0, vector: { ...record.vector, ...feed.vector } }
    }
  }

  async restart(): Promise<void> {}

  #feedOf(graph: Graph, before: CommitRecord): MergeFeed {
    const { topic, partition } = this.#lane
    return new MergeFeed(before.vector ?? {}, {
      graph,
      fingerprints: this.#replaying.rerunOptions(before).blueprint,
      range: this.#range,
      lane: { topic, partition },
      bytes: (segment) => this.#bytes(segment),
    })
  }

  async #merge(feed: MergeFeed, id: string, last: number): Promise<void> {
    for (let index = (feed.vector[id]?.index ?? 0) + 1; index <= last; index++) {
      const upstream = await this.#board.record(id, index)
      if (!upstream) throw new NotCheckable(`record ${index} of ${id} is gone`)
      await feed.take(id, await this.#replaying.partials.in(upstream))
    }
  }

  async #bytes(segment: Segment): Promise<Buffer> {
    const again = await this.#replaying.partials.bytes(segment)
    if (again) return again
    try {
      return await this.#board.bytes(segment)
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'corrupt') throw error
      throw new NotCheckable(
        'partials that they merged are gone, and could not be made again from the log',
      )
    }
  }
}

const hasMerged = ({ vector = {} }: CommitRecord, { vector: before = {} }: CommitRecord): boolean =>
  Object.entries(vector).some(([id, { index }]) => index > (before[id]?.index ?? 0))
