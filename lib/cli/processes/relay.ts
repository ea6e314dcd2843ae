import type { Clock } from '../../clock.ts'
import { type Duration, milliseconds } from '../../duration.ts'
import type { RunEvents, StartedRun } from '../../run/events.ts'
import type { Summary } from '../../run/tally.ts'
import type { Health } from '../health.ts'
import type { Meter } from '../meter.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { FromChild, FromParent } from './messages.ts'
import { peakMemory } from '../peak-memory.ts'
import type { Verdict } from './verdict.ts'

/** How often a child tells its parent how far it is. */
const TOLD_EVERY: Duration = milliseconds(500)

/** The way to a parent: what `process` has in a child. */
export interface Line {
  send(message: FromChild, sent: () => void): unknown
  on(event: 'message', heard: (message: FromParent) => void): unknown
}

export interface RelayOptions {
  readonly line: Line
  readonly clock: Clock
  readonly meter: Meter
  readonly health: Health
  readonly metrics: Metrics
}

/** Tells the parent of a process how its run goes, and asks it what all have to agree on. */
export class Relay implements RunEvents {
  readonly #options: RelayOptions
  readonly #over = new AbortController()
  #run: StartedRun | undefined
  #hasWorked = false
  #answered: (run: number) => void = () => undefined

  constructor(options: RelayOptions) {
    this.#options = options
    options.line.on('message', (message) => this.#hear(message))
    void this.#keepTelling()
  }

  started(run: StartedRun): void {
    this.#run = run
  }

  committed(): void {
    this.#worked()
  }

  stalled(): void {
    this.#worked()
  }

  trying(): void {
    this.#worked()
  }

  /** Which finite run to take part in: the one that the first of all processes has found. */
  async joinRun(found: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>()
    this.#answered = resolve
    await this.#send({ kind: 'run', found })
    return promise
  }

  /** Say what the end of this process means for the next one. */
  warn(verdict: Verdict): Promise<void> {
    return this.#send({ kind: 'verdict', verdict })
  }

  /** The last word: what the run came to. Resolves when the parent can read it. */
  async close(summary = this.#run?.summary()): Promise<void> {
    this.#over.abort()
    await this.#tell(summary)
  }

  /** Told at once: it may be the last that this process says. */
  #worked(): void {
    if (this.#hasWorked) return
    this.#hasWorked = true
    void this.#tell(this.#run?.summary())
  }

  async #keepTelling(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await this.#tell(this.#run?.summary())
      await this.#options.clock.sleep(TOLD_EVERY, this.#over.signal).catch(() => undefined)
    }
  }

  #tell(summary: Summary | undefined): Promise<void> {
    const { meter, health } = this.#options
    return this.#send({
      kind: 'tick',
      progress: meter.progress(),
      readiness: health.readiness,
      peak: peakMemory(),
      hasWorked: this.#hasWorked,
      ...(summary && { summary }),
      ...(this.#run && { store: this.#run.store }),
    })
  }

  #hear(message: FromParent): void {
    if (message.kind === 'run') this.#answered(message.run)
    else void this.#sendMetrics()
  }

  async #sendMetrics(): Promise<void> {
    await this.#send({ kind: 'metrics', metrics: await this.#options.metrics.json() })
  }

  #send(message: FromChild): Promise<void> {
    return new Promise((resolve) => this.#options.line.send(message, resolve))
  }
}
