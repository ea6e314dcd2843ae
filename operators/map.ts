import { checkFunction } from '../lib/argument-check.ts'
import { type SourceRecord, withValue } from '../lib/message.ts'
import { type Operator, operator } from '../lib/operator.ts'

/**
 * Replace every event by what a function makes of it. The function answers with a new value and leaves the old one as it is: other branches
 * read it too. It is also handed the record that the event was read from: its key, headers, topic and offset. An event for which it throws is rejected.
 *
 * Holds nothing; a restart or a duplicate means nothing to it.
 */
export function map<T, U>(change: (event: T, record: SourceRecord) => U): Operator<T, U> {
  checkFunction('map', change)
  return operator('map', () => ({
    message: (message, out) => out.emit(withValue(message, change(message.value, message.record))),
  }))
}
