import { type Operator, operator } from '../lib/operator.ts'

/**
 * Drop the events that fail a test. A test that is a type guard narrows the type of what follows. An event for which it throws is rejected.
 *
 * Holds nothing; a restart or a duplicate means nothing to it.
 */
export function filter<T, U extends T>(test: (event: T) => event is U): Operator<T, U>
export function filter<T>(test: (event: T) => boolean): Operator<T, T>
export function filter<T>(test: (event: T) => boolean): Operator<T, T> {
  return operator('filter', () => ({
    message(message, out) {
      if (test(message.value)) out.emit(message)
    },
  }))
}
