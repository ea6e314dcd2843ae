import { checkFunction, checkKnown } from '../lib/argument-check.ts'
import { checkDuration, type Duration, hours, seconds } from '../lib/duration.ts'
import type { SourceRecord } from '../lib/message.ts'
import { type Operator, operator } from '../lib/operator.ts'
import { json } from '../lib/state/codec.ts'

export interface EventTimeOptions {
  /** How far behind the newest event the watermark stays: as late as events usually come. */
  outOfOrder: Duration
  /** How long a lane may be without input before it goes on with the time of the others, or of the wall clock where all are quiet. Default: 30 seconds. */
  idle?: Duration
  /** How far an event's time may lie after its record's timestamp, where it has one; one further ahead is rejected. Default: 1 hour. */
  future?: Duration
  /** Another name for its state, required where a pipeline has a second one. */
  as?: string
}

/** How the reasons of rejected event times begin. */
export const INVALID_TIME = 'invalid event time'
export const FUTURE_TIME = 'future event time'

interface Progress {
  readonly maxTime: number
  readonly maxTimestamp: number
  readonly watermark: number
}

const nothingYet: Progress = { maxTime: -Infinity, maxTimestamp: -Infinity, watermark: -Infinity }

/**
 * Give every event its time and its watermark. The watermark of a message is the highest event time of the messages before it, or the highest
 * timestamp of their records where they have one and that is lower, minus `outOfOrder`; it never goes back. So, as long as records come, it depends on the
 * log alone, not on how it was read, and clocks that run ahead do not close windows early. The function is also handed the record that the event was read from: an
 * event without a time of its own, such as a tombstone, may have that of its record, `(event, record) => event?.at ?? record.timestamp`.
 *
 * A lane that has read all there is and has had nothing for `idle` takes over the lowest watermark of the lanes that are not quiet; where all are, the highest of any, and from
 * there it goes on at the speed of the wall clock, looking again after every `idle`. So a later run over the same log, as a backlog, may judge lateness otherwise than a live
 * one. What was taken over is in the commit record, for a restart and for a replay. A run to the end takes nothing over, nor does an `idle` that is never reached.
 *
 * Events whose time is not a whole number of ms since the epoch, or too far in the future, are rejected and move nothing. A lane starts at the
 * end of the windows that an earlier finite run has closed.
 *
 * Holds three numbers; they survive a restart. A duplicate moves nothing.
 */
export function eventTime<T>(
  timeOf: (event: T, record: SourceRecord) => number,
  options: EventTimeOptions,
): Operator<T, T> {
  checkFunction('eventTime', timeOf)
  checkKnown('eventTime', options, { outOfOrder: true, idle: true, future: true, as: true })
  const { outOfOrder, idle = seconds(30), future = hours(1), as } = options
  checkDuration('outOfOrder of eventTime', outOfOrder)
  checkDuration('idle of eventTime', idle, 1)
  checkDuration('future of eventTime', future)

  return operator<T, T>(
    'eventTime',
    (state) => {
      const store = state.value('progress', json<Progress>(), nothingYet)
      let maxTime = -Infinity
      let maxTimestamp = -Infinity
      let watermark = -Infinity
      let sent = -Infinity
      let isLoaded = false

      const load = (): void => {
        if (isLoaded) return
        isLoaded = true
        ;({ maxTime, maxTimestamp, watermark } = store.get())
        watermark = Math.max(watermark, state.sealed)
      }

      const save = (): void => {
        const saved = store.get()
        if (
          maxTime > saved.maxTime ||
          maxTimestamp > saved.maxTimestamp ||
          watermark > saved.watermark
        )
          store.set({ maxTime, maxTimestamp, watermark })
      }

      const advance = (out: { advance(time: number): void }): void => {
        load()
        save()
        if (watermark > sent) out.advance((sent = watermark))
      }

      return {
        ownsWatermark: true,

        message(message, out) {
          load()
          const { timestamp } = message.record
          const time = timeOf(message.value, message.record)
          const problem = problemWith(time, timestamp, future)
          if (problem !== undefined) return out.reject(message, problem)
          out.emit({
            value: message.value,
            time,
            watermark,
            record: message.record,
            index: message.index,
            verbatim: message.verbatim,
          })
          if (time > maxTime) maxTime = time
          if (timestamp >= 0 && timestamp > maxTimestamp) maxTimestamp = timestamp
          const newest = maxTimestamp >= 0 && maxTimestamp < maxTime ? maxTimestamp : maxTime
          if (newest - outOfOrder > watermark) watermark = newest - outOfOrder
        },

        chunk: advance,
        barrier: advance,

        watermark(time, out) {
          load()
          // The end of a finite run is no time: a later run goes on after it
          if (time === Infinity) return out.advance(time)
          watermark = Math.max(watermark, time)
          advance(out)
        },
      }
    },
    { as, idle },
  )
}

function problemWith(time: number, timestamp: number, future: Duration): string | undefined {
  if (!Number.isSafeInteger(time))
    return `${INVALID_TIME}: ${String(time)} is not a whole number of ms since the epoch`
  if (timestamp >= 0 && time > timestamp + future)
    return `${FUTURE_TIME}: ${time} is ${time - timestamp} ms after the record's timestamp ${timestamp}`
  return undefined
}
