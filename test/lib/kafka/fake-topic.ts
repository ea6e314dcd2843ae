import { setImmediate } from 'node:timers/promises'
import type { FetchedPartition, FetchRequest } from '../../../lib/kafka/fetch.ts'
import type { PartitionBatch, Written } from '../../../lib/kafka/produce.ts'
import type { Topic } from '../../../lib/kafka/topic.ts'

/** A request that waits for the test to answer it. */
export interface Call<Request, Answer> {
  leader: number
  request: Request
  answer: (answer: Answer) => void
  fail: (error: Error) => void
}

/** Requests in the order of their arrival. */
export class Calls<Request, Answer> {
  readonly #waiting: Call<Request, Answer>[] = []

  readonly receive = (leader: number, request: Request): Promise<Answer> =>
    new Promise((answer, fail) => this.#waiting.push({ leader, request, answer, fail }))

  /** The next request, once it is there. */
  async next(): Promise<Call<Request, Answer>> {
    for (;;) {
      const call = this.#waiting.shift()
      if (call) return call
      await setImmediate()
    }
  }

  /** Whether nothing is asked, also after all that can happen by itself has happened. */
  async isIdle(): Promise<boolean> {
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    return this.#waiting.length === 0
  }
}

/** A topic on brokers that the test plays. */
export class FakeTopic implements Topic {
  readonly name = 'views'
  readonly place = 'Kafka at test:1'
  readonly fetches = new Calls<FetchRequest, FetchedPartition[]>()
  readonly writes = new Calls<readonly PartitionBatch[], Written[]>()
  readonly fetch = this.fetches.receive
  readonly produce = this.writes.receive
  recoveries = 0
  range = { low: 0, high: 1_000 }
  #leaders: Map<number, number>

  /** The leader of each partition from 0. */
  constructor(...leaders: number[]) {
    this.#leaders = new Map(leaders.entries())
  }

  leaders = (): ReadonlyMap<number, number> => this.#leaders

  moveTo(leader: number, partition: number): void {
    this.#leaders.set(partition, leader)
  }

  async recover(): Promise<void> {
    this.recoveries++
  }

  async ranges() {
    return Array.from(this.#leaders.keys(), (partition) => ({ partition, ...this.range }))
  }

  async connect(): Promise<void> {}
  async close(): Promise<void> {}
}

/** What a fetch brings of one partition. */
export function brought(partition: number, bytes: Buffer = Buffer.alloc(0)): FetchedPartition {
  return { partition, error: 0, end: 1_000, aborted: [], bytes }
}

export function refused(partition: number, error: number): FetchedPartition {
  return { ...brought(partition), error }
}
