import type { Answered } from '../../support/faulty-proxy.ts'
import type { FaultLog } from './fault-log.ts'
import { PARTITIONS } from './input.ts'
import type { State } from './state.ts'

interface Pending {
  readonly after: string
  readonly at: number
  /** Faults that had begun by then. */
  readonly begun: number
  readonly wasAlone: boolean
  /** One lane less to wait for. */
  readonly done: () => void
}

/** What is needed of a commit record. */
interface Commit {
  readonly kind: string
  readonly host: string
  readonly records: number
  readonly lane: { readonly partition: number; readonly stage: number }
}

/** Sees the commits go by, and takes the time from a fault to the next one of each lane that suffered from it. */
export class Recoveries {
  readonly #state: State
  readonly #faults: FaultLog
  readonly #now: () => number
  readonly #owners = new Map<number, string>()
  readonly #pending = new Map<number, readonly Pending[]>()

  constructor(state: State, faults: FaultLog, now: () => number = Date.now) {
    this.#state = state
    this.#faults = faults
    this.#now = now
  }

  /** A process is gone, or does nothing any more. Resolves when all lanes that it owned have been taken up. */
  lost(after: string, pid: number): Promise<void> {
    const lanes = Array.from(this.#owners).filter(([, host]) => host.endsWith(`/${pid}`))
    return this.#all(
      after,
      lanes.map(([partition]) => partition),
    )
  }

  /** Something that all of them need is there again. */
  back(after: string): Promise<void> {
    return this.#all(
      after,
      Array.from({ length: PARTITIONS }, (_, partition) => partition),
    )
  }

  /** What the store has answered. */
  heard({ method, path, body, status }: Answered): void {
    if (method !== 'PUT' || status !== 200 || !path.includes('/commits/')) return
    const { kind, host, records, lane } = JSON.parse(body.toString()) as Commit
    if (lane.stage !== 1) return
    this.#owners.set(lane.partition, host)
    if (kind === 'claim') this.#state.claims++
    if (kind === 'commit' && records > 0) this.#committed(lane.partition)
  }

  /** What has not recovered by now is not counted: there is no more input. */
  forget(): void {
    for (const pending of this.#pending.values()) for (const { done } of pending) done()
    this.#pending.clear()
  }

  async #all(after: string, partitions: readonly number[]): Promise<void> {
    await Promise.all(
      partitions.map((partition) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#begin(after, partition, resolve)
        return promise
      }),
    )
  }

  #begin(after: string, partition: number, done: () => void): void {
    const { begun, current } = this.#faults
    const pending = { after, at: this.#now(), begun, wasAlone: current <= 1, done }
    this.#pending.set(partition, [...(this.#pending.get(partition) ?? []), pending])
  }

  #committed(partition: number): void {
    for (const { after, at, begun, wasAlone, done } of this.#pending.get(partition) ?? []) {
      const alone = wasAlone && begun === this.#faults.begun
      const { round, recoveries } = this.#state
      recoveries.push({ after, ms: this.#now() - at, alone, round })
      done()
    }
    this.#pending.delete(partition)
  }
}
