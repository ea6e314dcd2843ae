import type { Clock } from '../clock.ts'
import { type Duration, milliseconds, seconds } from '../duration.ts'

/** How often the line is drawn anew on a terminal, and printed elsewhere. */
const DRAWN_EVERY: Duration = milliseconds(500)
const PRINTED_EVERY: Duration = seconds(10)

const CLEAR = '\r\x1b[K'

/** Where progress is shown. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** A line of progress that goes on changing, and lines that stay. */
export interface Display {
  /** A line that stays. */
  note(text: string): void
  /** No more progress; on a terminal its line is taken away. */
  close(): void
}

/** Print a line that stays, also where a line of progress stands now. */
export const printLine = (text: string, screen: Screen): void =>
  void screen.write(screen.isTTY ? `${CLEAR}${text}\n` : `${text}\n`)

/** Show progress: rewritten in place on a terminal; elsewhere a plain line every 10 s, when it has changed. */
export function showProgress(line: () => string, screen: Screen, clock: Clock): Display {
  const stop = new AbortController()
  let printed = ''

  const draw = (): void => {
    const text = line()
    if (screen.isTTY) screen.write(CLEAR + text.slice(0, (screen.columns || 80) - 1))
    else if (text !== printed) screen.write(`${(printed = text)}\n`)
  }

  const run = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(screen.isTTY ? DRAWN_EVERY : PRINTED_EVERY, stop.signal)
      draw()
    }
  }

  run().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
  return {
    note(text) {
      printLine(text, screen)
      if (screen.isTTY && !stop.signal.aborted) draw()
    },
    close() {
      stop.abort()
      if (screen.isTTY) screen.write(CLEAR)
    },
  }
}
