import { checkFunction } from '../lib/argument-check.ts'
import type { SourceRecord } from '../lib/message.ts'
import { type Operator, operator } from '../lib/operator.ts'

/**
 * Drop the events that fail a test. A test that is a type guard narrows the type of what follows. It is also handed the record
 * that the event was read from. An event for which it throws is rejected.
 *
 * Holds nothing; a restart or a duplicate means nothing to it.
 */
export function filter<T, U extends T>(
  test: (event: T, record: SourceRecord) => event is U,
): Operator<T, U>
export function filter<T>(test: (event: T, record: SourceRecord) => boolean): Operator<T, T>
export function filter<T>(test: (event: T, record: SourceRecord) => boolean): Operator<T, T> {
  checkFunction('filter', test)
  return operator('filter', () => ({
    message(message, out) {
      if (test(message.value, message.record)) out.emit(message)
    },
  }))
}
