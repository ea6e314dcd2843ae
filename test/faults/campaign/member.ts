import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allocatorSettings, heapFlags } from '../../../lib/cli/heap.ts'
import { showBytes } from '../../../lib/options.ts'
import { leash } from '../../../lib/services/process.ts'

const RUN = join(import.meta.dirname, 'run.ts')
const LOADER = new URL('../failpoints/loader.ts', import.meta.url).href

/** So that objects are carried over a commit now and then, before the clock finishes them. */
const COMMIT_EVERY = '700ms'

export interface MemberOptions {
  /** Holds what processes print, and what Node has compiled. */
  readonly folder: string
  /** Of this process among all. */
  readonly number: number
  /** Leads to the services. */
  readonly environment: Readonly<Record<string, string>>
  /** In bytes. */
  readonly memory: number
  /** A failpoint. */
  readonly fault?: string | undefined
  readonly untilEnd?: boolean
}

/** How a process ended. */
export interface Death {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last line that says what was wrong. */
  readonly said: string
  /** The most memory that it had, in bytes. */
  readonly peak: number
}

/** A process that runs the pipeline. It ends with this one. */
export class Member {
  readonly pid: number
  readonly fault: string | undefined
  /** Resolves when it is over. */
  readonly over: Promise<Death>
  /** Resolves when it is at its failpoint; never where it does not come there. */
  readonly reached: Promise<void>
  #isOver = false
  #hasReached = false
  #peak = 0

  constructor({ folder, number, environment, memory, fault, untilEnd }: MemberOptions) {
    const options = ['--memory', showBytes(memory)]
    const words = ['--commit-every', COMMIT_EVERY, ...options, ...(untilEnd ? ['--until-end'] : [])]
    const flags = ['--disable-warning=TimeoutNegativeWarning', `--import=${LOADER}`]
    const child = spawn(
      process.execPath,
      [...heapFlags(['run', ...options]), ...flags, RUN, ...words],
      {
        cwd: folder,
        env: {
          PATH: process.env['PATH'],
          NODE_COMPILE_CACHE: join(folder, 'compiled'),
          ...allocatorSettings(['run', ...options]),
          ...environment,
          ...(fault !== undefined && { FAULT: fault }),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    this.pid = child.pid!
    this.fault = fault
    const release = leash(['kill', '-9', `${child.pid}`])
    const file = createWriteStream(join(folder, 'processes', `${number}.log`), { flags: 'a' })
    const { promise: reached, resolve } = Promise.withResolvers<void>()
    this.reached = reached
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        file.write(text)
        if (text.includes('failpoint ')) {
          this.#hasReached = true
          resolve()
        }
        said = /^error: .*$/m.exec(text)?.[0] ?? said
      })
    child.once('exit', () => {
      this.#isOver = true
      release()
    })
    this.over = once(child, 'close').then(([code, signal]) => {
      file.end()
      return {
        code: code as number | null,
        signal: signal as NodeJS.Signals | null,
        said,
        peak: this.#peak,
      }
    })
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether it has come to its failpoint. */
  get hasReached(): boolean {
    return this.#hasReached
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#isOver) process.kill(this.pid, name)
  }

  /** Take down how much memory it has had by now. */
  measure(): void {
    this.#peak = Math.max(this.#peak, peakOf(this.pid))
  }
}

/** The most that a process has had in memory, in bytes; 0 where that is not known. */
function peakOf(pid: number): number {
  try {
    const [, kilobytes] =
      /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes ?? 0) * 1_024
  } catch {
    return 0
  }
}
