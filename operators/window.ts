import { checkDuration, type Duration } from '../lib/duration.ts'
import { SluiceError } from '../lib/errors.ts'
import { withValue } from '../lib/message.ts'
import { type Operator, operator } from '../lib/operator.ts'
import type { Keyed } from './key-by.ts'
import { CLOSED, LATE } from './late.ts'

/** Which windows an event time belongs to. A window is a half-open span of event time, `[start, start + size)`, aligned to the epoch, in UTC. */
export interface Assigner {
  readonly size: Duration
  /** Starts of its windows, in ascending order. */
  readonly startsOf: (time: number) => readonly number[]
}

/** A keyed event with the windows that it counts in. */
export interface Windowed<out T, out C> extends Keyed<T, C> {
  readonly starts: readonly number[]
  readonly size: Duration
}

export interface WindowOptions {
  /** How long after a window's end its late events still count; results wait for them. Default: 0. */
  allowedLateness?: Duration
}

/** Windows that touch and never overlap. */
export function tumbling(size: Duration): Assigner {
  checkDuration('size of tumbling', size, 1)
  let starts: readonly number[] = [NaN]
  return {
    size,
    startsOf(time) {
      const start = Math.floor(time / size) * size
      if (start !== starts[0]) starts = [start]
      return starts
    },
  }
}

/**
 * Put every event into its windows. An event is late, and rejected, when the watermark of its message has passed the end of all of them and
 * `allowedLateness`: that is judged by the log alone, so every run over one log agrees. What an earlier finite run has closed stays closed.
 *
 * Holds nothing; a restart or a duplicate means nothing to it.
 */
export function window<T, C>(
  assigner: Assigner,
  { allowedLateness = 0 }: WindowOptions = {},
): Operator<Keyed<T, C>, Windowed<T, C>> {
  checkDuration('allowedLateness of window', allowedLateness)
  const { size } = assigner

  return operator<Keyed<T, C>, Windowed<T, C>>(
    'window',
    (state) => ({
      ownsWatermark: true,

      message(message, out) {
        const { time, watermark } = message
        if (!Number.isFinite(time)) throw timeless()
        const all = assigner.startsOf(time)
        const over = Math.max(watermark - allowedLateness, state.sealed)
        const starts = openOf(all, over - size)
        if (starts.length === 0)
          return out.reject(message, isSealed(all, state.sealed - size) ? CLOSED : LATE)
        const { event, kind, names, parts } = message.value
        out.emit(withValue(message, { event, kind, names, parts, starts, size }))
      },

      watermark: (time, out) => out.advance(time - allowedLateness),
    }),
    { spans: size + allowedLateness, meaning: { size, allowedLateness } },
  )
}

/** The windows that begin after `start`. */
const openOf = (starts: readonly number[], start: number): readonly number[] =>
  (starts[0] as number) > start ? starts : starts.filter((own) => own > start)

const isSealed = (starts: readonly number[], start: number): boolean =>
  (starts.at(-1) as number) <= start

const timeless = (): SluiceError =>
  new SluiceError('config', 'window needs event times: put eventTime(…) before it')
