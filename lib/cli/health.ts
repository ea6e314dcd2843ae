import type { Clock } from '../clock.ts'
import { type Duration, seconds } from '../duration.ts'
import type { RunEvents } from '../run/events.ts'

/** A store that has not taken anything for so long makes a pipeline unready: a shorter outage is bridged. */
const PATIENCE: Duration = seconds(30)

/** Whether a pipeline is at work, and why not. */
export interface Readiness {
  readonly ready: boolean
  readonly reason: string
}

/** What a run says of itself to whoever supervises it: ready from its start to its stop, unless the store has failed for long. */
export class Health implements RunEvents {
  readonly #clock: Clock
  readonly #stop: AbortSignal
  #started = false
  #trouble: { readonly since: number; readonly reason: string } | undefined

  constructor(clock: Clock, stop: AbortSignal) {
    this.#clock = clock
    this.#stop = stop
  }

  started(): void {
    this.#started = true
  }

  committed(): void {
    this.#trouble = undefined
  }

  retrying(_: unknown, reason: string): void {
    this.#trouble ??= { since: this.#clock.now(), reason }
  }

  get readiness(): Readiness {
    if (this.#stop.aborted) return { ready: false, reason: 'stopping' }
    if (!this.#started) return { ready: false, reason: 'starting' }
    const { since = Infinity, reason = '' } = this.#trouble ?? {}
    const failing = Math.max(0, this.#clock.now() - since)
    return failing < PATIENCE
      ? { ready: true, reason: 'running' }
      : { ready: false, reason: `failing for ${Math.floor(failing / 1_000)} s: ${reason}` }
  }
}
