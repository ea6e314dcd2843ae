import type { CommitRecord, MergeRound, Segment, UpstreamPosition } from '../commit/record.ts'
import type { Partial } from '../exchange/exchange.ts'
import { readPartials } from '../exchange/ranges.ts'
import { Chunk, CHUNK_MESSAGES, type Message, Watermark } from '../message.ts'
import { nowhere } from '../plain.ts'
import type { TopicPartition } from '../topics.ts'
import { reachedBy } from './claim.ts'
import type { Fingerprints } from '../fingerprint.ts'
import type { ExchangeEnd, Graph } from './graph.ts'

export type Vector = Readonly<Record<string, UpstreamPosition>>

export interface MergeFeedOptions {
  readonly graph: Graph
  readonly fingerprints: Fingerprints
  /** Which range of keys the lane owns. */
  readonly range: number
  /** What the range rides on. */
  readonly lane: TopicPartition
  /** The bytes of a run of partials. */
  readonly bytes: (segment: Segment) => Promise<Buffer>
}

/** Puts what upstream lanes have committed into a merging lane's streams, and knows how far it is in every chain. */
export class MergeFeed {
  readonly #options: MergeFeedOptions
  #vector: Record<string, UpstreamPosition>
  /** By exchange, how far event time has gone on. */
  #advanced: Readonly<Record<string, number>>
  #rounds: MergeRound[] = []
  #merged: Record<string, number> = {}

  constructor(vector: Vector, options: MergeFeedOptions) {
    this.#vector = { ...vector }
    this.#advanced = reachedBy(Object.values(vector))
    this.#options = options
  }

  get vector(): Vector {
    return this.#vector
  }

  set vector(vector: Vector) {
    this.#vector = { ...vector }
  }

  /** By exchange, the watermark that windows have been closed up to: what has been merged since may be further. */
  get advanced(): Readonly<Record<string, number>> {
    return this.#advanced
  }

  /** Merge the next record of an upstream lane; answers with the bytes of partials that it added. */
  async take(id: string, record: CommitRecord): Promise<number> {
    const before = this.#vector[id] as UpstreamPosition
    const watermarks = { ...before.watermarks }
    let size = 0
    for (const exchange of this.#options.graph.exchanges) {
      const partials = record.partials?.[exchange.id]
      if (!partials) continue
      watermarks[exchange.id] = Math.max(watermarks[exchange.id] ?? -Infinity, partials.watermark)
      const segment = partials.ranges[this.#options.range]
      if (segment && this.#isOurs(exchange.id, record)) size += await this.#feed(exchange, segment)
    }
    const { index, ended } = record
    this.#vector[id] = {
      index,
      watermarks,
      ...(ended !== undefined && { ended }),
      ...(before.left && { left: true }),
    }
    this.#merged[id] = index
    return size
  }

  /**
   * Let event time go on: that of all lanes together is that of the slowest.
   *
   * @param held whether it must not, since there is more to merge before
   */
  async advance(held: boolean): Promise<void> {
    this.#rounds.push({ merged: this.#merged, ...(held && { held }) })
    this.#merged = {}
    if (held) return
    this.#advanced = reachedBy(Object.values(this.#vector))
    for (const { id, head } of this.#options.graph.exchanges) {
      const watermark = this.#advanced[id] ?? -Infinity
      if (Number.isFinite(watermark)) await head?.feed(new Watermark(watermark))
    }
  }

  /** The end of a finite run: all windows, whatever the watermark. */
  async close(): Promise<void> {
    for (const { head } of this.#options.graph.exchanges) await head?.feed(new Watermark(Infinity))
  }

  /** What the epoch has merged; starts anew. */
  takeRounds(): readonly MergeRound[] {
    const rounds = this.#rounds
    this.#rounds = []
    return rounds
  }

  /** What was added up for another pipeline was given up with that one's totals. */
  #isOurs(exchange: string, { fingerprint, keepers }: CommitRecord): boolean {
    const { fingerprints } = this.#options
    return keepers
      ? keepers[exchange] === fingerprints.keepers[exchange]
      : fingerprint === fingerprints.fingerprint
  }

  async #feed({ head }: ExchangeEnd, segment: Segment): Promise<number> {
    const bytes = await this.#options.bytes(segment)
    const messages = readPartials(bytes).map((partial) => this.#message(partial))
    for (let from = 0; from < messages.length; from += CHUNK_MESSAGES)
      await head?.feed(new Chunk(messages.slice(from, from + CHUNK_MESSAGES)))
    return bytes.length
  }

  #message(partial: Partial): Message<Partial> {
    return {
      value: partial,
      time: partial.end - 1,
      watermark: -Infinity,
      record: { ...nowhere, ...this.#options.lane },
      index: 0,
      verbatim: false,
    }
  }
}
