import type { Clock } from '../clock.ts'
import type { Group, GroupListener, Log, ObjectStore } from '../ports.ts'
import { type RunOptions, runPipeline } from '../run/run.ts'
import type { Summary } from '../run/tally.ts'
import { type Fault, faultyStore, type StoreCall } from './faulty-store.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What happens at a request of a process: nothing, a fault, or that the process is killed or stopped before or after the request is carried out. */
export type Fate =
  Fault | `${'killed' | 'stopped'} ${'before' | 'after'} it is carried out` | undefined

/** What somebody waits for who is not there any more. */
const never = new Promise<never>(() => undefined)

export type ProcessOptions = RunOptions & { readonly clock: VirtualClock }

/**
 * A process that runs a pipeline on ports in memory. Killed, it reaches nothing any more, and nothing reaches it. Stopped, as by SIGSTOP, it does not know
 * that time goes on, until it is continued.
 */
export class TestProcess {
  readonly summary: Promise<Summary>
  /** Resolves when it is killed. */
  readonly death: Promise<void>
  /** Requests to the store so far. */
  calls = 0
  readonly notes: string[] = []
  readonly #options: ProcessOptions
  readonly #groups: Group[] = []
  readonly #ceased = Promise.withResolvers<'killed' | 'stopped'>()
  readonly #died = Promise.withResolvers<void>()
  /** Resolves when what comes from outside may reach it. */
  #reachable: Promise<unknown> = Promise.resolve()
  #continue: () => void = () => undefined
  #dead = false

  constructor(options: ProcessOptions, fate: (call: StoreCall) => Fate = () => undefined) {
    this.#options = options
    this.death = this.#died.promise
    this.summary = runPipeline({
      ...options,
      clock: this.#clock(),
      log: this.#log(),
      store: this.#store(fate),
      events: { ...options.events, note: (text) => void this.notes.push(text) },
    })
    this.summary.catch(() => undefined)
  }

  /** SIGKILL. Its group notices at once. */
  kill(): void {
    this.#dead = true
    this.#reachable = never
    for (const group of this.#groups) void group.leave()
    this.#ceased.resolve('killed')
    this.#died.resolve()
  }

  /** SIGSTOP. Nobody notices. */
  stop(): void {
    if (this.#dead) return
    this.#continue()
    this.#reachable = new Promise<void>((resolve) => {
      this.#continue = resolve
    })
    this.#ceased.resolve('stopped')
  }

  /** SIGCONT. */
  continue(): void {
    this.#continue()
  }

  /** Resolves when it has ended, or is killed or stopped. */
  over(): Promise<'ended' | 'killed' | 'stopped'> {
    const ended = this.summary.then(() => 'ended' as const)
    return this.#options.clock.run(Promise.race([ended, this.#ceased.promise]))
  }

  #clock(): Clock {
    const { clock } = this.#options
    return {
      now: () => clock.now(),
      sleep: (ms, signal) => this.#reached(clock.sleep(ms, signal)),
    }
  }

  #store(fate: (call: StoreCall) => Fate): ObjectStore {
    const { clock, store } = this.#options
    return faultyStore(store, {
      clock,
      fault: (call) => {
        if (this.#dead) return { before: 'hang' }
        this.calls++
        const wanted = fate(call)
        const after = (): Promise<unknown> => this.#reachable
        if (typeof wanted !== 'string') return { after, ...wanted }
        if (wanted.startsWith('killed')) this.kill()
        else this.stop()
        return wanted.endsWith('before it is carried out') ? { before: after } : { after }
      },
    })
  }

  #log(): Log {
    const { log } = this.#options
    return {
      ...log,
      ranges: (topic) => this.#reached(log.ranges(topic)),
      join: async (options) => {
        const group = await log.join({ ...options, listener: this.#listener(options.listener) })
        this.#groups.push(group)
        return {
          ...group,
          mirror: (entries) => this.#reached(this.#dead ? never : group.mirror(entries)),
          readMirror: () => this.#reached(group.readMirror()),
        }
      },
    }
  }

  #listener(listener: GroupListener): GroupListener {
    const later =
      <A>(tell: (argument: A) => void) =>
      (argument: A): void =>
        void this.#reachable.then(() => tell(argument))
    return {
      assigned: later((partitions: readonly number[]) => listener.assigned(partitions)),
      batch: later((batch: Parameters<GroupListener['batch']>[0]) => listener.batch(batch)),
      failed: later((error: Error) => listener.failed(error)),
    }
  }

  async #reached<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } finally {
      await this.#reachable
    }
  }
}
