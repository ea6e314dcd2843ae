import type { Clock } from '../../clock.ts'
import { type Duration, minutes, seconds } from '../../duration.ts'
import { EXIT } from '../exit.ts'
import type { End } from './member.ts'

/** So many deaths within so long, none of which had got anything done, end it. */
const MOST_DEATHS = 5
const WITHIN: Duration = minutes(1)

const FIRST_WAIT: Duration = seconds(1)
const LONGEST_WAIT: Duration = seconds(30)

/** From the worst on. */
const WORST: readonly number[] = [
  EXIT.bug,
  EXIT.config,
  EXIT.failed,
  EXIT.terminated,
  EXIT.interrupted,
  EXIT.ok,
]

/** Of a process that a signal ends before it listens for one. */
const CODES: Readonly<Record<string, number>> = {
  SIGTERM: EXIT.terminated,
  SIGINT: EXIT.interrupted,
}

/** A process of the family. */
export interface Relative {
  readonly pid: number
  readonly over: Promise<End>
  readonly newest: { readonly hasWorked: boolean } | undefined
  signal(name: NodeJS.Signals): void
}

export interface FamilyOptions<M extends Relative> {
  readonly size: number
  /** @param number which of them, from 1 */
  readonly start: (number: number) => M
  /** One is over, whatever comes after it. */
  readonly ended?: (member: M) => void
  readonly clock: Clock
  readonly note: (text: string) => void
}

const isHopeless = ({ verdict, code }: End): boolean =>
  verdict === 'hopeless' || code === EXIT.config

/** Several processes: those that die are started anew, until all have ended or are told to. */
export class Family<M extends Relative> {
  readonly #options: FamilyOptions<M>
  readonly #running = new Map<number, M>()
  readonly #stop = new AbortController()
  /** One of those that are over has got something done. */
  #hasWorked = false
  #deaths: number[] = []

  constructor(options: FamilyOptions<M>) {
    this.#options = options
  }

  get size(): number {
    return this.#options.size
  }

  /** Those that run now, by their numbers. */
  get running(): ReadonlyMap<number, M> {
    return this.#running
  }

  /** Resolves, when none is left, to the worst of their exit codes. */
  async run(): Promise<number> {
    const numbers = Array.from({ length: this.#options.size }, (_, index) => index + 1)
    const codes = await Promise.all(numbers.map((number) => this.#keep(number)))
    return WORST.find((code) => codes.includes(code)) ?? EXIT.failed
  }

  /** Pass a signal on: nobody is started anew any more. */
  stop(name: NodeJS.Signals): void {
    this.#stop.abort()
    for (const member of this.#running.values()) member.signal(name)
  }

  async #keep(number: number): Promise<number> {
    const { clock, note } = this.#options
    const { signal: stopped } = this.#stop
    for (let failures = 0; ;) {
      const { end, hasWorked } = await this.#live(number)
      const code = end.code ?? EXIT.failed
      const isKeptOut = end.verdict === 'no service' && !hasWorked && this.#isProved
      if (stopped.aborted) return isKeptOut ? EXIT.ok : (CODES[end.signal ?? ''] ?? code)
      if (end.code === EXIT.ok) return code
      if (!isKeptOut && isHopeless(end)) return this.#endAll(code)
      const what = isKeptOut ? 'cannot use a service that others have used' : 'has died'
      const ended = `process ${number} ${what} (${end.signal ?? `exit code ${end.code}`})`
      if (!isKeptOut && !hasWorked && this.#tooMany()) {
        note(`${ended}: ${MOST_DEATHS} deaths within a minute, and nothing done: giving up`)
        return this.#endAll(code)
      }
      failures = hasWorked ? 1 : failures + 1
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1))
      note(`${ended}: another one takes its place in ${wait / 1_000} s`)
      await clock.sleep(wait, stopped).catch(() => undefined)
      if (stopped.aborted) return EXIT.ok
    }
  }

  async #live(number: number): Promise<{ end: End; hasWorked: boolean }> {
    const member = this.#options.start(number)
    this.#running.set(number, member)
    const end = await member.over
    this.#running.delete(number)
    this.#options.ended?.(member)
    const hasWorked = member.newest?.hasWorked ?? false
    this.#hasWorked ||= hasWorked
    return { end, hasWorked }
  }

  /** Somebody has got something done: the settings, which are the same for all, are right. */
  get #isProved(): boolean {
    return this.#hasWorked || [...this.#running.values()].some(({ newest }) => newest?.hasWorked)
  }

  #tooMany(): boolean {
    const now = this.#options.clock.now()
    this.#deaths = [...this.#deaths.filter((at) => at > now - WITHIN), now]
    return this.#deaths.length >= MOST_DEATHS
  }

  #endAll(code: number): number {
    this.stop('SIGTERM')
    return code
  }
}
