import { checkFunction, checkKnown } from '../lib/argument-check.ts'
import { checkDuration, type Duration } from '../lib/duration.ts'
import type { SourceRecord } from '../lib/message.ts'
import { type Operator, operator } from '../lib/operator.ts'
import { identityWriter } from '../lib/state/hash.ts'
import { CLOSED, LATE } from './late.ts'

export interface DedupeOptions {
  /** Two events of one identity are duplicates when their event times are less than this apart, whichever comes first. */
  within: Duration
  /** Another name for its state, required where a pipeline has a second one. */
  as?: string
}

const TOO_OLD = 'older than what is remembered, so that nobody can tell whether it is a duplicate'

/**
 * Drop the events whose identity was kept less than `within` away in event time, before or after. The first one in the order of the log is kept;
 * a duplicate does not refresh it. The function is also handed the record that the event was read from: its key, headers, topic and offset. An event
 * older than the watermark minus `within` cannot be judged any more and is rejected. In a pipeline it needs an `eventTime` before it; used alone without
 * one, all events are at the same instant and none is forgotten.
 *
 * Holds about 30 bytes for each identity of the last two to three spans and the out-of-orderness. They survive a restart. Each lane remembers its
 * own, so the topic must be keyed by the identity.
 */
export function dedupe<T>(
  identity: (event: T, record: SourceRecord) => string,
  options: DedupeOptions,
): Operator<T, T> {
  checkFunction('dedupe', identity)
  checkKnown('dedupe', options, { within: true, as: true })
  const { within, as } = options
  checkDuration('within of dedupe', within, 1)

  return operator<T, T>(
    'dedupe',
    (state) => {
      const kept = state.identities('kept', { within })
      const write = identityWriter()

      return {
        message(message, out) {
          const text: unknown = identity(message.value, message.record)
          if (typeof text !== 'string')
            throw new TypeError(`the identity of an event must be a text, not ${String(text)}`)
          if (message.time < message.watermark - within)
            out.reject(message, message.time < state.sealed - within ? CLOSED : LATE, [TOO_OLD])
          else if (kept.keep(write(text), message.time)) out.emit(message)
        },

        watermark(time) {
          // An event as old as the watermark minus `within` is still judged, by what was kept up to `within` before it.
          // The end of a finite run forgets nothing: a later run goes on after it.
          if (time !== Infinity) kept.forget(time - 2 * within)
        },
      }
    },
    { as, perIdentity: true, remembers: within, meaning: { within } },
  )
}
