import { checkFunction } from '../lib/argument-check.ts'
import { CHUNK_MESSAGES, type SourceRecord } from '../lib/message.ts'
import { type Operator, operator } from '../lib/operator.ts'
import { Parts } from '../lib/part.ts'

/**
 * Replace every event by all that a function makes of it: none, one, or many, in their order. What it makes has the time of the event, and is numbered within
 * the record. The function is also handed the record that the event was read from. An event for which it throws is rejected; where a generator throws on its way, what it has yielded until then stays, and the event
 * is rejected for the rest. An event that becomes none is dropped.
 *
 * Holds a chunk of what a generator yields: it is asked for more as downstream takes it. A list is in memory as a whole. A restart or a duplicate
 * means nothing to it.
 */
export function flatMap<T, U>(
  expand: (event: T, record: SourceRecord) => Iterable<U>,
): Operator<T, U> {
  checkFunction('flatMap', expand)
  return operator<T, U>('flatMap', () => {
    const parts = new Parts()
    return {
      *message(message, out) {
        let made = 0
        for (const event of expand(message.value, message.record)) {
          out.emit(parts.of(message, event))
          if (++made % CHUNK_MESSAGES === 0) yield
        }
      },
    }
  })
}
