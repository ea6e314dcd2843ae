import type { Clock } from '../clock.ts'
import { type Duration, milliseconds, seconds } from '../duration.ts'
import { printLine, type Screen } from './display.ts'
import { EXIT } from './exit.ts'

/** How long a clean stop may take. */
export const DRAIN: Duration = seconds(20)

/** A terminal and npm both pass on one Ctrl-C: signals so close to each other are one. */
const SAME: Duration = milliseconds(500)

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const
type Signal = keyof typeof CODES

/** A stop that a user may ask for. */
export interface Stop {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal
  /** The first signal, once it has come. */
  readonly asked: Signal | undefined
  /** What to exit with after a clean end: 0, or what the signal asks for. */
  readonly code: number
  /** Signals are none of ours any more. */
  close(): void
}

export interface StopOptions {
  readonly clock: Clock
  /** Where signals come from. */
  readonly process: Pick<NodeJS.Process, 'on' | 'off' | 'exit'>
  readonly screen: Screen
}

/**
 * Ask for a clean stop at the first SIGINT or SIGTERM; exit at once at a second one, and with 1 where the clean stop takes longer than 20 s. What is
 * not committed then is read again by the next run.
 */
export function stopOnSignals({ clock, process, screen }: StopOptions): Stop {
  const stop = new AbortController()
  const closed = new AbortController()
  let first: { signal: Signal; at: number } | undefined

  const leave = (code: number, why: string): void => {
    printLine(`${why}: what is not committed is read again by the next run`, screen)
    process.exit(code)
  }

  const receive = (signal: Signal): void => {
    if (!first) {
      first = { signal, at: clock.now() }
      printLine(`${signal}: finishing what is under way; again to stop at once`, screen)
      stop.abort(new Error(signal))
      clock.sleep(DRAIN, closed.signal).then(
        () => leave(EXIT.failed, `not finished after ${DRAIN / 1_000} s`),
        () => undefined,
      )
    } else if (clock.now() - first.at >= SAME) leave(CODES[signal], `${signal} again`)
  }

  const signals = Object.keys(CODES) as Signal[]
  for (const signal of signals) process.on(signal, receive)
  return {
    signal: stop.signal,
    get asked() {
      return first?.signal
    },
    get code() {
      return first ? CODES[first.signal] : EXIT.ok
    },
    close() {
      closed.abort()
      for (const signal of signals) process.off(signal, receive)
    },
  }
}
