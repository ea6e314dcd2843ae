import type { Environment } from '../lane/environment.ts'
import { LogLane, type LogLaneOptions } from '../lane/log-lane.ts'
import { MergeLane, type MergeLaneOptions } from '../lane/merge-lane.ts'
import { idOf } from '../topics.ts'
import { progressOf, supervise } from './supervise.ts'
import type { Stages } from './upkeep.ts'

/** How long a lane that leaves for another process may take for one last epoch, in ms. */
const HAND_OVER = 3_000

/** A lane at work: both its stages, until it ends or is taken away. */
export class Post implements Stages {
  readonly lane: LogLane
  readonly merges: readonly MergeLane[]
  readonly #environment: Environment
  readonly #leave = new AbortController()
  /** Rejects with what no new claim mends. */
  readonly done: Promise<void>
  ended = false

  constructor(
    environment: Environment,
    lane: Omit<LogLaneOptions, 'signal'>,
    merges: readonly Omit<MergeLaneOptions, 'signal'>[],
  ) {
    const { signal } = this.#leave
    this.#environment = environment
    this.lane = new LogLane(environment, { ...lane, signal })
    this.merges = merges.map((merge) => new MergeLane(environment, { ...merge, signal }))
    this.done = this.#run()
  }

  /** Commit what has been read and merged, then end. */
  drain(): void {
    for (const stage of [this.lane, ...this.merges]) stage.drain()
  }

  /** End now; what is not committed is read again. */
  leave(why: string): void {
    this.#leave.abort(new Error(why))
  }

  /** One last epoch for a lane that another process gets: it only saves the other the reading again. */
  handOver(): void {
    const { clock, board } = this.#environment
    this.drain()
    const late = clock.sleep(HAND_OVER, this.#leave.signal)
    late.then(
      () => this.leave('the lane has moved to another process'),
      () => undefined,
    )
    const left = (): void => {
      board.forget(idOf(this.lane.name))
      this.leave('the lane has ended')
    }
    this.done.then(left, left)
  }

  async #run(): Promise<void> {
    await Promise.all([this.lane, ...this.merges].map((stage) => this.#supervised(stage)))
    this.ended = true
  }

  #supervised(stage: LogLane | MergeLane): Promise<void> {
    const { events, clock } = this.#environment
    return supervise(() => stage.run(), {
      clock,
      signal: this.#leave.signal,
      progress: () => progressOf(stage.newest),
      failed: (error) => events.failed(stage.name, error),
      note: (text) => events.note(stage.name, text),
    })
  }
}
