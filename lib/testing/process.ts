import type { Clock } from '../clock.ts'
import type { Group, GroupListener, Log, ObjectStore } from '../ports.ts'
import { type RunOptions, runPipeline } from '../run/run.ts'
import type { Summary } from '../run/tally.ts'
import { type AppendFault, faultyProducer } from './faulty-producer.ts'
import { faultyStore, type StoreMethod } from './faulty-store.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** A request to the store, or an append to a topic of the log. */
export interface ProcessCall {
  readonly method: StoreMethod | 'append'
  /** Its key or prefix, the first of several; or its topic. */
  readonly key: string
  /** Which of all requests of the process it is, from 1, without those that probe a new store. */
  readonly number: number
}

/** When, around a request. In the middle of an append half of its records are written; a request to the store is carried out as a whole. */
export type Moment = 'before it is carried out' | 'in the middle of it' | 'after it is carried out'

/** What happens at a request of a process: nothing, a fault, or that the process is killed or stopped. */
export type Fate = AppendFault | `${'killed' | 'stopped'} ${Moment}` | undefined

/** What somebody waits for who is not there any more. */
const never = new Promise<never>(() => undefined)

const isProbe = (key: string): boolean => /^_sluice\/[^/]+\/probe\//.test(key)

export type ProcessOptions = RunOptions & { readonly clock: VirtualClock }

/**
 * A process that runs a pipeline on ports in memory. Killed, it reaches nothing any more, and nothing reaches it. Stopped, as by SIGSTOP, it does not know
 * that time goes on, until it is continued.
 */
export class TestProcess {
  readonly summary: Promise<Summary>
  /** Resolves when it is killed. */
  readonly death: Promise<void>
  /** Requests to the store but those of its probe, and appends to the log, so far. */
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

  constructor(options: ProcessOptions, fate: (call: ProcessCall) => Fate = () => undefined) {
    this.#options = options
    this.death = this.#died.promise
    this.summary = runPipeline({
      ...options,
      clock: this.#clock(),
      log: this.#log(fate),
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

  #store(fate: (call: ProcessCall) => Fate): ObjectStore {
    const { clock, store } = this.#options
    return faultyStore(store, { clock, fault: ({ method, key }) => this.#fault(method, key, fate) })
  }

  #fault(
    method: ProcessCall['method'],
    key: string,
    fate: (call: ProcessCall) => Fate,
  ): AppendFault {
    if (this.#dead) return { before: 'hang' }
    const reached = (): Promise<unknown> => this.#reachable
    if (isProbe(key)) return { after: reached }
    const wanted = fate({ method, key, number: ++this.calls })
    if (typeof wanted !== 'string') return { after: reached, ...wanted }
    if (wanted.startsWith('killed')) this.kill()
    else this.stop()
    if (wanted.endsWith('before it is carried out')) return { before: reached }
    return wanted.endsWith('in the middle of it') && method === 'append'
      ? { middle: reached }
      : { after: reached }
  }

  #log(fate: (call: ProcessCall) => Fate): Log {
    const { clock, log } = this.#options
    return {
      ...log,
      producer: async (topic) =>
        faultyProducer(await log.producer(topic), {
          clock,
          fault: () => this.#fault('append', topic, fate),
        }),
      topics: (wanted) => this.#reached(log.topics(wanted)),
      ranges: (topic, partitions) => this.#reached(log.ranges(topic, partitions)),
      topicIds: (topics) => this.#reached(log.topicIds(topics)),
      join: async (options) => {
        // an answer from before its death may come after it
        await this.#reachable
        const group = await log.join({ ...options, listener: this.#listener(options.listener) })
        this.#groups.push(group)
        // it was killed while it joined
        if (this.#dead) void group.leave()
        return {
          ...group,
          mirror: (entries) => this.#reached(this.#dead ? never : group.mirror(entries)),
          readMirror: () => this.#reached(group.readMirror()),
        }
      },
    }
  }

  #listener(listener: GroupListener): GroupListener {
    const later = (tell: () => void): void => void this.#reachable.then(tell)
    return {
      assigned: (partitions, topics) => later(() => listener.assigned(partitions, topics)),
      batch: (batch) => later(() => listener.batch(batch)),
      retrying: (partition, reason) => later(() => listener.retrying?.(partition, reason)),
      failed: (error) => later(() => listener.failed(error)),
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
