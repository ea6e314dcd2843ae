import { fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { MetricObjectWithValues, MetricValue } from 'prom-client'
import type { Clock } from '../../clock.ts'
import { type Duration, seconds } from '../../duration.ts'
import { isStopped } from '../../process-start.ts'
import { leash } from '../../services/process.ts'
import type { FromChild, FromParent, Tick } from './messages.ts'
import type { Verdict } from './verdict.ts'

/** Two warnings that say nothing to a user: see start.mjs. */
const QUIET = ['TimeoutNegativeWarning', 'ExperimentalWarning'].map(
  (warning) => `--disable-warning=${warning}`,
)

/** How often it is looked whether a child has said anything. */
const LOOK: Duration = seconds(1)

/** How long an answer to a question may take. */
const ANSWERS_WITHIN: Duration = seconds(2)

/** How a process ended. */
export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** What it has said of that. */
  readonly verdict: Verdict | undefined
}

export interface MemberOptions {
  /** From 1. */
  readonly number: number
  /** The module that it runs. */
  readonly module: string
  /** Pipeline and options. */
  readonly words: readonly string[]
  /** Flags for Node. */
  readonly flags: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** A child that says nothing for so long, and was not stopped from outside, is killed. */
  readonly patience: Duration
  /** What it prints, line by line. */
  readonly print: (line: string, to: 'stdout' | 'stderr') => void
  /** Which finite run all take part in, given what this one has found. */
  readonly runOf: (found: number) => number
}

/** One of several processes, as its parent sees it. It dies with the parent, however that ends. */
export class Member {
  readonly number: number
  readonly pid: number
  readonly over: Promise<End>
  /** The last that was heard of it. */
  newest: Tick | undefined
  readonly #options: MemberOptions
  readonly #child: ReturnType<typeof fork>
  readonly #gone = new AbortController()
  #verdict: Verdict | undefined
  /** How often it was looked since it has said something. */
  #silent = 0
  #told: (metrics: MetricObjectWithValues<MetricValue<string>>[]) => void = () => undefined

  constructor(options: MemberOptions) {
    const { number, module, words, flags, environment } = options
    this.#options = options
    this.#child = fork(module, [String(number), ...words], {
      execArgv: [...QUIET, ...flags],
      env: environment,
      // signals of a terminal reach the parent, which passes them on
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.number = number
    this.pid = this.#child.pid ?? 0
    const release = leash(['kill', '-9', `${this.pid}`])
    this.#child.on('message', (message) => this.#hear(message as FromChild))
    this.#print('stdout')
    this.#print('stderr')
    this.over = new Promise((resolve) => {
      this.#child.once('error', () => resolve({ code: 1, signal: null, verdict: undefined }))
      this.#child.once('close', (code, signal) => {
        release()
        resolve({ code, signal, verdict: this.#verdict })
      })
    })
    void this.over.then(() => this.#gone.abort())
    void this.#watch()
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Its metrics; none where it does not answer. */
  async metrics(): Promise<MetricObjectWithValues<MetricValue<string>>[]> {
    const { promise, resolve } =
      Promise.withResolvers<MetricObjectWithValues<MetricValue<string>>[]>()
    this.#told = resolve
    this.#send({ kind: 'metrics' })
    const late = this.#options.clock.sleep(ANSWERS_WITHIN, this.#gone.signal)
    return Promise.race([
      promise,
      late.then(
        () => [],
        () => [],
      ),
    ])
  }

  #hear(message: FromChild): void {
    this.#silent = 0
    if (message.kind === 'tick') this.newest = message
    else if (message.kind === 'verdict') this.#verdict = message.verdict
    else if (message.kind === 'metrics') this.#told(message.metrics)
    else this.#send({ kind: 'run', run: this.#options.runOf(message.found) })
  }

  #send(message: FromParent): void {
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  #print(to: 'stdout' | 'stderr'): void {
    createInterface({ input: this.#child[to] as Readable }).on('line', (line) =>
      this.#options.print(line, to),
    )
  }

  /** A record that never returns stops the event loop: nothing inside can tell. */
  async #watch(): Promise<void> {
    const { clock, patience, print } = this.#options
    const { signal } = this.#gone
    while (!signal.aborted) {
      await clock.sleep(LOOK, signal).catch(() => undefined)
      if (isStopped(this.pid)) this.#silent = 0
      if (++this.#silent * LOOK <= patience || signal.aborted) continue
      print(`has not answered for ${patience / 1_000} s: killed`, 'stderr')
      return this.signal('SIGKILL')
    }
  }
}
