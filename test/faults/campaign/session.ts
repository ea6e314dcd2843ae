import { mkdir } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { Checker } from './checker/checker.ts'
import { Crew } from './crew.ts'
import { FaultLog } from './fault-log.ts'
import { generationsOf } from './generations.ts'
import { type Ground, openGround } from './ground.ts'
import { Member } from './member.ts'
import { NAME } from './pipeline.ts'
import { planOf } from './plan.ts'
import { Production } from './production.ts'
import { complaintsOf, drained, findingsOf } from './quiet-point.ts'
import { Recoveries } from './recoveries.ts'
import { rest } from './rest.ts'
import { type Check, count, isContent, type State, writeState } from './state.ts'
import { GUEST, strike } from './strikes.ts'
import { Witness } from './witness.ts'

/** Deaths from one quiet point to the next. */
const KILLS_A_ROUND = 15

/** A part of the time of a round is for what comes late. */
const PACE = 0.95

export interface SessionOptions {
  /** Holds everything: services with their data, logs of processes, the state. */
  readonly folder: string
  readonly state: State
  /** Mean time from one death to the next, in ms. */
  readonly every: number
  /** Stops it in good order. */
  readonly signal: AbortSignal
  /** Takes one line about what is going on. */
  readonly tell: (line: string) => void
}

/** A campaign from one start to the next stop. */
export class Session {
  readonly #options: SessionOptions
  readonly #ground: Ground
  readonly #faults: FaultLog
  readonly #recoveries: Recoveries
  readonly #witness: Witness
  readonly #crew: Crew
  readonly #checker: Checker
  readonly #production: Production
  #worked = Date.now()

  private constructor(options: SessionOptions, ground: Ground, checker: Checker) {
    const { folder, state, signal } = options
    this.#options = options
    this.#ground = ground
    this.#checker = checker
    this.#faults = new FaultLog(folder, state)
    this.#recoveries = new Recoveries(state, this.#faults)
    this.#witness = new Witness(state, this.#faults, this.#recoveries, signal)
    ground.requests.heard = (answered) => this.#recoveries.heard(answered)
    const processes = { folder, environment: ground.hostile, memory: state.goal.memory }
    this.#crew = new Crew(
      processes,
      { places: GUEST + 1, started: state.peaks.length },
      this.#witness,
    )
    this.#production = new Production(ground.direct, checker.next)
  }

  /** Begin, or go on where the folder's state says. */
  static async begin(options: SessionOptions): Promise<Session> {
    const { folder, state, every, tell } = options
    await mkdir(join(folder, 'processes'), { recursive: true })
    state.sessions.push(every)
    await writeState(folder, state)
    const ground = await openGround(folder, state.goal.store)
    const checker = new Checker(ground.direct)
    await checker.readLog()
    if (state.sessions.length > 1) tell(`going on after ${checker.next.join(', ')} records`)
    return new Session(options, ground, checker)
  }

  /** Rounds of faults, a quiet point after each, until the goal is reached; false when it was stopped before, or something is wrong. */
  async run(): Promise<boolean> {
    const { state, signal } = this.#options
    const { goal } = state
    while (state.kills < goal.kills || this.#production.produced < goal.events) {
      for (let place = 0; place < GUEST; place++) this.#crew.come(place)
      await this.#round()
      if (signal.aborted) return false
      if (!(await this.#quietPoint())) return false
    }
    return this.#end()
  }

  /** Leave everything so that another session can go on. */
  async close(): Promise<void> {
    const { folder, state } = this.#options
    await this.#crew.allLeave()
    await this.#crew.end()
    this.#checker.close()
    await this.#ground.close()
    this.#count()
    await writeState(folder, state)
  }

  async #round(): Promise<void> {
    const { state, every, signal, tell } = this.#options
    const { goal } = state
    const kills = Math.min(KILLS_A_ROUND, Math.max(1, goal.kills - state.kills))
    const share = Math.min(1, (state.kills + kills) / goal.kills)
    const plan = planOf({ seed: goal.seed, round: ++state.round, kills, every })
    const length = kills * every
    tell(`round ${state.round}: ${kills} deaths, ${plan.length} faults, ${length / 1_000} s`)
    const producing = this.#production.run(goal.events * share, length * PACE, signal)
    producing.catch(() => undefined) // it is awaited below
    const battle = {
      ground: this.#ground,
      crew: this.#crew,
      faults: this.#faults,
      recoveries: this.#recoveries,
      signal,
    }
    const began = Date.now()
    const struck: Promise<void>[] = []
    for (const planned of plan) {
      await rest(began + planned.at - Date.now(), signal)
      if (signal.aborted) break
      struck.push(strike(battle, planned))
    }
    await Promise.all(struck)
    await this.#witness.allAwake()
    this.#crew.disarm()
    await producing
  }

  /** Everything is held against everything. False when it was stopped, or something is wrong. */
  async #quietPoint(): Promise<boolean> {
    const { state, signal, folder, tell } = this.#options
    const began = Date.now()
    const load = loadavg()[0]! / cpus().length
    const behind = await drained(this.#checker, signal)
    const checked = Date.now()
    this.#recoveries.forget()
    this.#faults.rest()
    if (signal.aborted) return false
    const before = state.checks.at(-1)?.at
    const complaints = await complaintsOf(this.#checker, false, signal)
    if (signal.aborted) return false
    const findings = await findingsOf(this.#ground.direct, before)
    const check = this.#check({
      at: began,
      round: state.round,
      load,
      complaints: [...behind, ...complaints, ...this.#witness.complaints],
      findings,
      drained: checked - began,
      took: Date.now() - checked,
    })
    await writeState(folder, state)
    tell(lineOf(check))
    return isContent(check)
  }

  /** All windows are closed, and everything is read from the beginning, by a checker that knows nothing yet. */
  async #end(): Promise<boolean> {
    const { state, signal, folder, tell } = this.#options
    await this.#crew.allLeave()
    const wrong = await this.#runToEnd()
    const checked = Date.now()
    const checker = new Checker(this.#ground.direct)
    const complaints = await complaintsOf(checker, true, signal)
    const findings = await findingsOf(this.#ground.direct)
    const { objects, commits, repeats } = checker
    checker.close()
    if (signal.aborted) return false
    const rebalances = await generationsOf(this.#ground.broker.url, NAME)
    state.whole = { objects, commits, repeats, rebalances }
    const check = this.#check({
      at: checked,
      round: 0,
      load: loadavg()[0]! / cpus().length,
      complaints: [...wrong, ...complaints],
      findings,
      drained: 0,
      took: Date.now() - checked,
    })
    await writeState(folder, state)
    tell(`in the end, ${lineOf(check)}`)
    return isContent(check)
  }

  /** Two processes until the end of the topic. Resolves to what they had to complain of. */
  async #runToEnd(): Promise<string[]> {
    const { folder, state } = this.#options
    const processes = { folder, environment: this.#ground.hostile, memory: state.goal.memory }
    const deaths = [1, 2].map(
      (more) =>
        new Member({ ...processes, number: this.#crew.started + more, untilEnd: true }).over,
    )
    const ends = await Promise.all(deaths)
    return ends.flatMap(({ code, said }) =>
      code === 0 ? [] : [`a run to the end has ended with ${code}: ${said}`],
    )
  }

  #check(found: Omit<Check, 'produced' | 'kills'>): Check {
    const { state } = this.#options
    state.produced = this.#production.produced
    this.#count()
    const { produced, kills } = state
    const check = { ...found, produced, kills }
    state.checks.push(check)
    return check
  }

  /** Take down what is counted elsewhere. */
  #count(): void {
    const { state } = this.#options
    const now = Date.now()
    state.worked += now - this.#worked
    this.#worked = now
    const { given } = this.#ground.requests
    for (const [treatment, times] of given)
      if (treatment !== 'pass') count(state.requests, treatment, times)
    given.clear()
  }
}

function lineOf(check: Check): string {
  const { produced, kills, complaints, findings, drained, took } = check
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
  return [
    `${produced} events, ${kills} kills: drained in ${seconds(drained)}, checked in ${seconds(took)}:`,
    isContent(check) ? 'nothing lost, nothing doubled' : 'WRONG:',
    ...[...complaints, ...findings].map((text) => `\n  ${text}`),
  ].join(' ')
}
