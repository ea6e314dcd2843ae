import { checkKnown, hasMethods, kindOf } from '../lib/argument-check.ts'
import { checkDuration, type Duration } from '../lib/duration.ts'
import { SluiceError } from '../lib/errors.ts'
import { withValue } from '../lib/message.ts'
import { type Operator, operator } from '../lib/operator.ts'
import type { Keyed } from './key-by.ts'
import { CLOSED, LATE } from './late.ts'
import type { Assigner, Pane, Window } from './windows.ts'

/** A keyed event with the windows that it counts in: those of its pane that are not over for it. */
export interface Windowed<out T, out C> extends Keyed<T, C> {
  readonly pane: Pane
  /** End of the first window that it counts in: it is late for those that end earlier. */
  readonly end: number
}

export interface WindowOptions {
  /** How long after a window's end its late events still count; results wait for them. Default: 0. */
  allowedLateness?: Duration
}

/**
 * Put every event into its windows. A window is over for an event when the watermark of its message has passed the window's end and `allowedLateness`; an
 * event counts in those of its windows that are not, and is rejected as late when all are. The watermark depends on the log alone, so that every run over
 * one log agrees, unless a lane was quiet for `idle` of `eventTime`. What an earlier finite run has closed stays closed.
 *
 * Holds nothing; a restart or a duplicate means nothing to it.
 */
export function window<T, C>(
  assigner: Assigner,
  options: WindowOptions = {},
): Operator<Keyed<T, C>, Windowed<T, C>> {
  if (!hasMethods(assigner, ['paneOf'])) throw notAssigner(assigner)
  checkKnown('window', options, { allowedLateness: true })
  const { allowedLateness = 0 } = options
  checkDuration('allowedLateness of window', allowedLateness)
  const { layout, longest, paneOf } = assigner

  return operator<Keyed<T, C>, Windowed<T, C>>(
    'window',
    (state) => ({
      ownsWatermark: true,

      message(message, out) {
        const { time, watermark } = message
        if (!Number.isFinite(time)) throw timeless()
        const pane = paneOf(time)
        const end = firstEndAfter(pane, Math.max(watermark - allowedLateness, state.sealed))
        if (end === undefined)
          return out.reject(message, lastEndOf(pane) <= state.sealed ? CLOSED : LATE)
        const { event, kind, names, parts } = message.value
        out.emit(withValue(message, { event, kind, names, parts, pane, end }))
      },

      watermark: (time, out) => out.advance(time - allowedLateness),
    }),
    { spans: longest + allowedLateness, meaning: { layout, allowedLateness } },
  )
}

/** The end of the first of a pane's windows that is not over at a time. */
function firstEndAfter({ windows }: Pane, time: number): number | undefined {
  for (const { end } of windows) if (end > time) return end
  return undefined
}

const lastEndOf = ({ windows }: Pane): number => (windows.at(-1) as Window).end

const notAssigner = (handed: unknown): SluiceError =>
  new SluiceError(
    'config',
    `window takes windows, such as window(tumbling(hours(1))), not ${kindOf(handed)}`,
  )

const timeless = (): SluiceError =>
  new SluiceError('config', 'window needs event times: put eventTime(…) before it')
