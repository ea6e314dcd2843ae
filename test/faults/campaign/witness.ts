import type { Audience } from './crew.ts'
import type { FaultLog } from './fault-log.ts'
import type { Death, Member } from './member.ts'
import type { Recoveries } from './recoveries.ts'
import { rest } from './rest.ts'
import { count, KILL, type State } from './state.ts'

/** How long a process sleeps at its failpoint, in ms: longer than its session. */
const SLEEP = 14_000

/** A process that was told to go, and went. */
const TOLD = 143
const FAILED = 1

/** Takes down what becomes of processes, and wakes those that fall asleep at a failpoint. */
export class Witness implements Audience {
  /** What nobody expects: an end that a person would have to look into. */
  readonly complaints: string[] = []
  readonly #state: State
  readonly #faults: FaultLog
  readonly #recoveries: Recoveries
  readonly #signal: AbortSignal
  readonly #asleep = new Set<Promise<void>>()

  constructor(state: State, faults: FaultLog, recoveries: Recoveries, signal: AbortSignal) {
    this.#state = state
    this.#faults = faults
    this.#recoveries = recoveries
    this.#signal = signal
  }

  began(member: Member): void {
    if (!member.fault?.endsWith(':stop')) return
    void member.reached.then(() => {
      const asleep = this.#sleep(member)
      this.#asleep.add(asleep)
      void asleep.then(() => this.#asleep.delete(asleep))
    })
  }

  died(member: Member, { code, signal, said, peak }: Death): void {
    if (peak > 0) this.#state.peaks.push(peak)
    if (signal === 'SIGKILL') return this.#killed(member)
    if (code === 0 || code === TOLD) return
    if (code === FAILED)
      return count(this.#state.ended, withoutNumbers(said || 'a stop that took too long'))
    this.complaints.push(`process ${member.pid} ended with ${code ?? signal}: ${said}`)
  }

  /** Resolves when nobody sleeps at a failpoint. */
  async allAwake(): Promise<void> {
    await Promise.all(this.#asleep)
  }

  #killed(member: Member): void {
    this.#state.kills++
    const isAtFailpoint = member.hasReached && member.fault?.endsWith(':kill')
    const kind = isAtFailpoint ? `${KILL} at a failpoint` : KILL
    const what = isAtFailpoint ? `${member.fault}` : `of ${member.pid}`
    const cleared = this.#faults.begin(kind, what)
    void this.#recoveries
      .lost(kind, member.pid)
      .then(() => cleared('another process, and its lanes have committed'))
  }

  async #sleep(member: Member): Promise<void> {
    const cleared = this.#faults.begin('sleep at a failpoint', `${member.fault} of ${member.pid}`)
    void this.#recoveries.lost('sleep at a failpoint', member.pid)
    await Promise.race([rest(SLEEP, this.#signal), member.over])
    member.signal('SIGCONT')
    cleared(member.isOver ? 'killed meanwhile' : 'SIGCONT')
  }
}

/** So that the same trouble is counted as the same. */
const withoutNumbers = (text: string): string =>
  text.replace(/^error: /, '').replaceAll(/\d+(\.\d+)*/g, 'n')
