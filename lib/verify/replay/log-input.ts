import type { CommitRecord, LaneName } from '../../commit/record.ts'
import { Inbox, type Tap } from '../../lane/inbox.ts'
import { POISON } from '../../lane/reading.ts'
import type { Graph } from '../../lane/graph.ts'
import { Account, Budget } from '../../memory.ts'
import { Chunk, CHUNK_MESSAGES } from '../../message.ts'
import type { Log, PartitionRange } from '../../ports.ts'
import { SluiceError } from '../../errors.ts'
import { type EpochInput, NotCheckable } from './epoch-input.ts'
import { LogCursor } from './log-cursor.ts'
import type { FeedEpoch } from './rerun.ts'

/** Nobody fetches ahead. */
const tap: Tap = {
  seek: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  share: () => Infinity,
  full: () => false,
}

/** A lane's records, as the log holds them now. Holds one fetch. */
export class LogInput implements EpochInput {
  readonly #log: Log
  readonly #lane: LaneName
  readonly #range: PartitionRange | undefined
  #cursor: { readonly at: number; readonly records: LogCursor } | undefined

  /** @param range what the log holds of the lane's partition; undefined where there is none any more */
  constructor(log: Log, lane: LaneName, range: PartitionRange | undefined) {
    this.#log = log
    this.#lane = lane
    this.#range = range
  }

  problemAfter({ to }: CommitRecord): string | undefined {
    if (!this.#range) return 'the log has no such partition any more'
    const { low } = this.#range
    return to < low ? `the log begins at offset ${low} by now` : undefined
  }

  get #end(): number {
    return this.#range?.high ?? 0
  }

  feed({ from, to, records, recorded }: CommitRecord): FeedEpoch {
    return async (graph) => {
      if (to > this.#end) throw new NotCheckable(`the log ends at offset ${this.#end}`)
      const fed = await this.#feed(graph, from, to, recorded.poison)
      if (fed >= records) return { records: fed }
      throw new NotCheckable('the log has not all of their records any more')
    }
  }

  async restart(): Promise<void> {
    await this.#cursor?.records.close()
    this.#cursor = undefined
  }

  async #feed(graph: Graph, from: number, to: number, poison: number | undefined): Promise<number> {
    if (from === to) return 0
    const inbox = new Inbox(from, CHUNK_MESSAGES, tap, new Account(new Budget(Infinity)))
    let records = 0
    try {
      for await (const batch of (await this.#at(from)).upTo(to)) {
        inbox.put(batch)
        for (let next = inbox.next(); next; next = inbox.next()) {
          const { messages } = next.chunk
          const fresh = graph.repeats.without(messages)
          records += messages.length
          if (poison === from) await graph.setAside(fresh, POISON)
          else if (fresh.length > 0) await graph.source.feed(new Chunk(fresh))
        }
      }
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'log-range') throw error
      throw new NotCheckable('the log has not all of their records any more')
    }
    this.#cursor = this.#cursor && { ...this.#cursor, at: to }
    return records
  }

  async #at(from: number): Promise<LogCursor> {
    if (this.#cursor?.at !== from) await this.restart()
    this.#cursor ??= {
      at: from,
      records: new LogCursor(this.#log, this.#lane, from, this.#end),
    }
    return this.#cursor.records
  }
}
