import type { Clock } from '../clock.ts'
import { type CommitRecord, type LaneName, stageId } from '../commit/record.ts'
import { type Duration, seconds } from '../duration.ts'
import type { RunEvents } from '../run/events.ts'

/** A store that has not taken anything, or a broker that has not answered, for so long makes a pipeline unready: a shorter outage is bridged. */
const PATIENCE: Duration = seconds(30)

/** A request that fails is made again within 40 s: a lane of which nothing was heard for so long has nothing to ask any more. */
const OVER: Duration = seconds(60)

/** Whether a pipeline is at work, and why not. */
export interface Readiness {
  readonly ready: boolean
  readonly reason: string
}

/** What a run says of itself to whoever supervises it: ready from its start to its stop, unless requests of one of its lanes have failed for long. */
export class Health implements RunEvents {
  readonly #clock: Clock
  readonly #stop: AbortSignal
  #started = false
  /** By lane, since when it has got nothing done because its requests fail, and when one last did. */
  readonly #troubles = new Map<string, Trouble>()

  constructor(clock: Clock, stop: AbortSignal) {
    this.#clock = clock
    this.#stop = stop
  }

  started(): void {
    this.#started = true
  }

  committed({ lane }: Pick<CommitRecord, 'lane'>): void {
    this.#troubles.delete(stageId(lane))
  }

  published(record: Pick<CommitRecord, 'lane'>): void {
    this.committed(record)
  }

  retrying(lane: LaneName, reason: string): void {
    const now = this.#clock.now()
    const before = this.#troubles.get(stageId(lane))
    const since = before && now - before.last < OVER ? before.since : now
    this.#troubles.set(stageId(lane), { since, last: now, reason })
  }

  get readiness(): Readiness {
    if (this.#stop.aborted) return { ready: false, reason: 'stopping' }
    if (!this.#started) return { ready: false, reason: 'starting' }
    const now = this.#clock.now()
    const [worst] = [...this.#troubles.values()]
      .filter(({ since, last }) => last - since >= PATIENCE && now - last < OVER)
      .sort((a, b) => a.since - b.since)
    if (!worst) return { ready: true, reason: 'running' }
    const failing = Math.floor((now - worst.since) / 1_000)
    return { ready: false, reason: `failing for ${failing} s: ${worst.reason}` }
  }
}

interface Trouble {
  readonly since: number
  readonly last: number
  readonly reason: string
}
