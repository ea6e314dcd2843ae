import type { Readable } from 'node:stream'
import type { Path } from '../../lane/graph.ts'
import type { Message } from '../../message.ts'
import type { Rejection } from '../../operator.ts'
import type { Rejected } from '../../pipeline.ts'
import type { PlacedRow } from '../../sink.ts'
import type { Rerun } from '../replay/rerun.ts'
import type { Watch } from '../replay/watch.ts'

/** What became of some of a record's messages on one path. */
export interface PathFate {
  readonly path: string
  readonly fate: 'kept' | 'produced' | 'aggregated' | 'dropped' | 'rejected' | 'held'
  /** The operator that has dropped, rejected or held them. */
  readonly operator?: string
  readonly reason?: string
  readonly messages: number
  /** Rows that were made of them; of the rejected events, where they were rejected. */
  readonly rows: readonly PlacedRow[]
}

const SOURCE = 'source'

/** Follows the messages of one record through the streams of its lane while its epoch runs again. */
export class RecordWatch implements Watch {
  readonly #offset: number
  readonly #rows: PlacedRow[] = []
  readonly #rejections: Rejection[] = []
  readonly #sent = new Map<Readable, number>()

  constructor(offset: number) {
    this.#offset = offset
  }

  placed(row: PlacedRow): void {
    if (row.message.record.offset === this.#offset) this.#rows.push(row)
  }

  rejected(rejection: Rejection): void {
    if (rejection.message.record.offset === this.#offset) this.#rejections.push(rejection)
  }

  sent(by: Readable, messages: readonly Message<unknown>[]): void {
    for (const { record } of messages)
      if (record.offset === this.#offset) this.#sent.set(by, this.#sentBy(by) + 1)
  }

  /** What became of the record's messages on every path, in the order of the path, once the epoch is over. */
  fates({ source, paths }: Pick<Rerun, 'source' | 'paths'>): PathFate[] {
    return paths.flatMap((path) => [...this.#onPath(path, source)])
  }

  *#onPath({ id: path, operators }: Path, source: Readable): Generator<PathFate> {
    const none = { path, rows: [] }
    let there = this.#sentBy(source)
    // sent more than once, and marked
    if (there === 0) return yield { ...none, fate: 'dropped', operator: SOURCE, messages: 1 }
    for (const stream of operators) {
      const refused = this.#refusals(path, stream.id).slice(0, there)
      yield* refused
      there -= refused.length
      if (stream.exchange) {
        if (there > 0) yield { ...none, fate: 'aggregated', messages: there }
        return
      }
      const sent = this.#sentBy(stream)
      const fate = stream.holds ? 'held' : 'dropped'
      if (sent < there) yield { ...none, fate, operator: stream.id, messages: there - sent }
      there = sent
    }
    const refused = this.#refusals(path, path)
    yield* refused
    const messages = there - refused.length
    if (messages <= 0) return
    const rows = this.#rows.filter(({ sink }) => sink === path)
    yield { path, fate: path.startsWith('kafka:') ? 'produced' : 'kept', messages, rows }
  }

  #sentBy(stream: Readable): number {
    return this.#sent.get(stream) ?? 0
  }

  #refusals(path: string, by: string): PathFate[] {
    return this.#rejections
      .filter(({ operator }) => operator === by)
      .map(({ operator, reason, message: { index } }) => {
        const rows = this.#rows.filter(({ message }) => {
          const event = message.value as Partial<Rejected> | null
          return message.index === index && event?.operator === operator
        })
        return { path, fate: 'rejected', operator, reason, messages: 1, rows }
      })
  }
}
