import { days, type Duration, seconds } from '../duration.ts'
import { Barrier, type Message } from '../message.ts'
import { type Pipeline, producedTopics } from '../pipeline.ts'
import type { NewRecord } from '../ports.ts'
import { blueprintOf, valuesOf } from '../run/blueprint.ts'
import type { Files } from '../table/source.ts'
import { anyOf, type FaultRule } from './faults.ts'
import { faultyStore } from './faulty-store.ts'
import { Crash, type Input, isMessage, Restart } from './input.ts'
import { type Selection, selects } from '../topics.ts'
import { type MemoryLog, memoryLog } from './memory-log.ts'
import { memoryFiles } from './memory-files.ts'
import { memoryStore } from './memory-store.ts'
import { Outcome } from './outcome.ts'
import { TestProcess } from './process.ts'
import { Progress } from './progress.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

export interface IntoOptions {
  /** Values of the pipeline's own options, by name; defaults for the rest. */
  readonly values?: Readonly<Record<string, unknown>>
  /** Partitions of each of its topics, and of those it produces to; records that state neither partition nor key go to them in turn. Default: 1. */
  readonly partitions?: number
  /** Texts of its tables, by the names of their files or the keys of their objects. */
  readonly tables?: Readonly<Record<string, string>>
  /** Longest time between commits. Default: 10 s, of the test's clock. */
  readonly commitEvery?: Duration
  /** What goes wrong with the store. Default: nothing. */
  readonly faults?: readonly FaultRule[]
}

const MEMORY = 64 * 1024 ** 2
const COMMIT_EVERY = seconds(10)

/** How long a barrier may take. */
const LONGEST_BARRIER = days(1)

/**
 * Feed a pipeline. Its clock stands at the time of the first event, and goes on to that of each event when it is written. A barrier lets it go on
 * until all that was written is committed and visible, however long faults delay that, for a day at the most. At the end the pipeline is stopped and
 * then run to the end of its topic, as by `--until-end`; after a crash without a restart it is left as the crash left it.
 */
export async function runInto<I>(
  pipeline: Pipeline,
  input: readonly Input<I>[],
  options: IntoOptions = {},
): Promise<Outcome> {
  const first = input.find(isMessage)
  const clock = virtualClock(first?.time)
  const scene = new Scene(pipeline, clock, options)
  await scene.begin()
  for (const item of input) await scene.take(item)
  await scene.end()
  return scene.outcome
}

/** A log and a store in memory, and the one process that works on them, if any. */
class Scene {
  readonly outcome: Outcome
  readonly #pipeline: Pipeline
  readonly #clock: VirtualClock
  readonly #options: IntoOptions
  readonly #topics: Selection
  readonly #produced: readonly string[]
  readonly #files: Files
  /** Tables that are objects. */
  readonly #objects: readonly string[]
  readonly #log: MemoryLog
  readonly #store: ReturnType<typeof faultyStore>
  #process: TestProcess | undefined
  #progress = new Progress()
  #stop = new AbortController()

  constructor(pipeline: Pipeline, clock: VirtualClock, options: IntoOptions) {
    const { values = {}, faults = [], tables = {} } = options
    const store = memoryStore({ clock })
    this.#pipeline = pipeline
    this.#clock = clock
    this.#options = options
    const { source, heads, tables: wanted } = blueprintOf(pipeline, valuesOf(pipeline, values))
    this.#topics = source.topics
    this.#produced = producedTopics(heads)
    this.#files = memoryFiles(tables).files
    this.#objects = wanted.flatMap(({ options: { object } }) => object ?? [])
    this.#log = memoryLog({ clock })
    this.#store = faultyStore(store, { clock, fault: anyOf(faults) })
    this.outcome = new Outcome(pipeline, this.#log, store, clock)
  }

  async begin(): Promise<void> {
    const { tables = {} } = this.#options
    const read = this.#topics instanceof RegExp ? [] : this.#topics
    for (const topic of [...read, ...this.#produced]) await this.#create(topic)
    for (const key of this.#objects)
      await this.outcome.store.put(key, Buffer.from(tables[key] ?? ''))
    await this.#start()
  }

  async take(item: Input<unknown>): Promise<void> {
    if (item instanceof Crash) this.#crash()
    else if (item instanceof Restart) await this.#restart()
    else if (item instanceof Barrier) await this.#commit()
    else if (isMessage(item)) await this.#write(item)
    else
      throw new TypeError(
        `a pipeline makes its own ${item.constructor.name.toLowerCase()}s: feed it events, barriers, crashes and restarts`,
      )
  }

  async end(): Promise<void> {
    if (!this.#process) return
    await this.#drain()
    await this.#clock.run(this.#run(true).summary)
  }

  async #write(message: Message<unknown>): Promise<void> {
    await this.#goOn(message.time - this.#clock.now())
    const topic = this.#topicOf(message)
    await this.#create(topic)
    const producer = await this.#log.producer(topic)
    await producer.append([recordOf(message)])
    await producer.close()
    await this.#clock.settle()
    await this.#check()
  }

  #create(topic: string): Promise<void> {
    return this.#log.create(topic, this.#options.partitions ?? 1)
  }

  /** Its own, where the pipeline reads that; else the first of those that it names. */
  #topicOf({ record: { topic } }: Message<unknown>): string {
    if (selects(this.#topics, topic)) return topic
    if (!(this.#topics instanceof RegExp)) return this.#topics[0] as string
    throw new TypeError(
      `${topic} does not match ${String(this.#topics)}: say which topic an event is in, at('09:00', event, { topic })`,
    )
  }

  /** Let time go on until the epoch that runs now must have ended, and then for as long as faults delay its commit. */
  async #commit(): Promise<void> {
    await this.#goOn((this.#options.commitEvery ?? COMMIT_EVERY) + 1)
    if (!this.#process) return
    await this.#clock.run(Promise.race([this.#process.summary, this.#committed()]), LONGEST_BARRIER)
  }

  /** Looks again when as much time has passed as until the last look. */
  async #committed(): Promise<void> {
    const until = this.#clock.now() + LONGEST_BARRIER
    for (let wait = 1; ; wait *= 2) {
      const missing = await this.#progress.missing(this.#log, this.#topics)
      if (missing === undefined) return
      const left = until - this.#clock.now()
      if (left <= 0)
        throw new Error(
          `a day after a barrier ${this.#pipeline.name} has not committed all that comes before it: ${missing}. Does a fault never end?`,
        )
      await this.#clock.sleep(Math.min(wait, left))
    }
  }

  async #goOn(ms: Duration): Promise<void> {
    if (ms > 0) await this.#clock.advance(ms)
    await this.#check()
  }

  #crash(): void {
    this.#process?.kill()
    this.#process = undefined
  }

  async #restart(): Promise<void> {
    if (this.#process) await this.#drain()
    await this.#start()
  }

  async #start(): Promise<void> {
    this.#process = this.#run(false)
    await this.#clock.settle()
    await this.#check()
  }

  async #drain(): Promise<void> {
    const { signal } = this.#stop
    this.#stop.abort()
    try {
      await this.#clock.run(this.#process!.summary)
    } catch (error) {
      // stopped while it started: it has read nothing
      if (error !== signal.reason) throw error
    }
  }

  /** A process that has ended by itself has something to say. */
  async #check(): Promise<void> {
    const pending = Symbol('pending')
    if (this.#process) await Promise.race([this.#process.summary, Promise.resolve(pending)])
  }

  #run(untilEnd: boolean): TestProcess {
    const { values = {}, commitEvery = COMMIT_EVERY } = this.#options
    this.#stop = new AbortController()
    this.#progress = new Progress()
    return new TestProcess({
      pipeline: this.#pipeline,
      values,
      log: this.#log,
      store: this.#store,
      files: this.#files,
      clock: this.#clock,
      untilEnd,
      commitEvery,
      memory: MEMORY,
      signal: this.#stop.signal,
      events: this.#progress.events,
    })
  }
}

function recordOf({ value, time, record }: Message<unknown>): NewRecord {
  const { key, headers = {}, partition, timestamp } = record
  return {
    key,
    value: isBody(value) ? value : jsonOf(value, time),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, bytes]) => [name, bytes.toString()]),
    ),
    timestamp: timestamp < 0 ? time : timestamp,
    ...(partition >= 0 && { partition }),
  }
}

/** @throws TypeError for a value that is no JSON */
function jsonOf(value: unknown, time: number): string {
  const text = JSON.stringify(value) as string | undefined
  if (text !== undefined) return text
  throw new TypeError(
    `the event at ${new Date(time).toISOString()} has a value that is no JSON (${typeof value}): feed null for a record without one`,
  )
}

const isBody = (value: unknown): value is string | Buffer | null =>
  typeof value === 'string' || Buffer.isBuffer(value) || value === null
