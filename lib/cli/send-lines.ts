import { addAbortSignal, type Readable } from 'node:stream'
import type { Producer } from '../ports.ts'
import { Appends, type FailedLines } from './appends.ts'
import { readLine } from './line-record.ts'
import { type Line, linesOf } from './lines.ts'

/** What becomes of a line that is no JSON, or has no key. */
export type BadLines =
  /** Nothing is sent from it on. */
  | 'stop'
  /** It is left out. */
  | 'skip'
  /** It is sent as it is, without a key; one that is too long for that stops. */
  | 'send'

export interface SendOptions {
  /** Opens the topic: called once, when there is something to send. */
  readonly open: () => Promise<Producer>
  /** Field whose value is the key; see `readLine`. Without it records have none. */
  readonly key?: string | undefined
  readonly badLines: BadLines
  /** Aborted to stop after what was read. */
  readonly signal: AbortSignal
  /** Told of the records acknowledged so far. */
  readonly progress?: (written: number) => void
  /** Told of every bad line that does not stop it. */
  readonly bad?: (line: BadLine) => void
}

export interface BadLine {
  readonly number: number
  /** What is wrong with it, as the end of a sentence about it. */
  readonly problem: string
}

/** How it went. */
export interface Sent {
  /** Records that the log has acknowledged. */
  readonly written: number
  /** Bad lines that were left out, or sent as they are. */
  readonly bad: number
  /** The bad line before which it stopped: what stands before it is written. */
  readonly stoppedAt: BadLine | undefined
  readonly failed: FailedLines | undefined
}

/** Brokers take 1 MiB unless they are told otherwise. */
export const MOST_LINE_BYTES = 16 * 1024 ** 2

/**
 * Write the lines of a text to a topic as they arrive, in their order, a record each. Where the log is slower than the input, the input waits.
 *
 * Holds two appends, of a mebibyte or of one line each. Done twice, everything is in the topic twice.
 *
 * @throws what reading the input throws
 */
export async function sendLines(input: Readable, options: SendOptions): Promise<Sent> {
  const { open, signal, progress } = options
  const appends = new Appends(open, progress)
  const lines = new Sieve(appends, options)
  addAbortSignal(AbortSignal.any([signal, appends.failed]), input)
  try {
    for await (const some of linesOf(input, { most: MOST_LINE_BYTES })) {
      const good = lines.take(some)
      await appends.send()
      if (!good) break
    }
  } catch (error) {
    if (!signal.aborted && !appends.failure) throw error
  } finally {
    await appends.end()
  }
  const { bad, stoppedAt } = lines
  return { written: appends.written, bad, stoppedAt, failed: appends.failure }
}

/** Tells good lines from bad ones. */
class Sieve {
  readonly #appends: Appends
  readonly #options: SendOptions
  bad = 0
  stoppedAt: BadLine | undefined

  constructor(appends: Appends, options: SendOptions) {
    this.#appends = appends
    this.#options = options
  }

  /** Whether to go on. */
  take(lines: readonly Line[]): boolean {
    return lines.every((line) => this.#line(line))
  }

  #line(line: Line): boolean {
    const { key, badLines } = this.#options
    const { number } = line
    const { record, problem } = readLine(line, { key, most: MOST_LINE_BYTES })
    const sent = record !== undefined && (problem === undefined || badLines === 'send')
    if (sent) this.#appends.add(number, record)
    if (problem === undefined) return true
    if (!sent && badLines !== 'skip') {
      this.stoppedAt = { number, problem }
      return false
    }
    this.bad++
    this.#options.bad?.({ number, problem })
    return true
  }
}
