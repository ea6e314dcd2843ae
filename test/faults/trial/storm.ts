import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { said, type Started } from '../../integration/commands.ts'
import { randomFrom } from '../../pipelines/input.ts'
import { ENDLESS, type Trial } from './trial.ts'

/** Records of each partition that come with each step of a storm. */
const COME = 5

/** Processes that come and go on a topic that is read for ever. */
export class Storm {
  readonly #t: ExecutionContext
  readonly #trial: Trial
  readonly #random: () => number
  readonly #there: Started[] = []
  readonly #over: Promise<unknown>[] = []

  constructor(t: ExecutionContext, trial: Trial, seed: number) {
    t.log(`seed ${seed}`)
    this.#t = t
    this.#trial = trial
    this.#random = randomFrom(seed)
  }

  get size(): number {
    return this.#there.length
  }

  /** Another process, until it has claimed a lane, or as long as that may take where there is one for it. */
  async come(): Promise<void> {
    const fault = 'claim.post@1:delay=100,commit.pre@2:delay=300'
    const process = this.#trial.start({ fault }, ENDLESS)
    this.#there.push(process)
    // it listens to signals by then, and there may be no lane for it
    const waits = said(process, /^reading /).then(() => sleep(3_000))
    await Promise.race([said(process, /^failpoint /), waits])
    await this.#trial.produce(COME)
  }

  /** Something happens to one of them, or nothing. */
  hit(): void {
    const chance = this.#random()
    if (chance < 0.2) this.leave()
    else if (chance < 0.5) this.die()
    else if (chance < 0.7) this.sleep()
    else if (chance < 0.9) this.wake()
  }

  leave(): void {
    const { child, over, output } = this.#take()
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    this.#over.push(over.then((code) => this.#t.is(code, 143, output())))
  }

  die(): void {
    const { child, over } = this.#take()
    child.kill('SIGKILL')
    this.#over.push(over)
  }

  sleep(): void {
    const process = this.#take()
    process.child.kill('SIGSTOP')
    this.#there.push(process)
  }

  wake(): void {
    for (const { child } of this.#there) child.kill('SIGCONT')
  }

  async end(): Promise<void> {
    while (this.size > 0) this.leave()
    await Promise.all(this.#over)
  }

  #take(): Started {
    const at = Math.floor(this.#random() * this.#there.length)
    return this.#there.splice(at, 1)[0]!
  }
}
