import { checkKnown } from '../lib/argument-check.ts'
import { SluiceError } from '../lib/errors.ts'
import type { Message } from '../lib/message.ts'
import { type Operator, operator } from '../lib/operator.ts'

export interface BatchOptions {
  /** Most events of a batch. */
  count?: number
  /** Most bytes of a batch, as its records have them; one larger event is a batch of its own. */
  bytes?: number
}

/**
 * Group events into lists, in their order: a list is sent on when it has `count` events, or when the next event would take it over `bytes`; and,
 * whatever it holds, at every barrier and at the end. A list has the record, time and watermark of its last event.
 *
 * Holds one batch. It is empty at every barrier, so a restart groups the same events alike. A duplicate is an event as any other.
 */
export function batch<T>(options: BatchOptions): Operator<T, T[]> {
  checkKnown('batch', options, { count: true, bytes: true })
  const { count = Infinity, bytes = Infinity } = options
  if (count === Infinity && bytes === Infinity)
    throw new SluiceError('config', 'batch needs count, bytes, or both')
  checkLimit('count', count)
  checkLimit('bytes', bytes)

  return operator<T, T[]>('batch', () => {
    let held: Message<T>[] = []
    let size = 0

    const send = (out: { emit(message: Message<T[]>): void }): void => {
      const last = held.at(-1)
      if (!last) return
      out.emit({ ...last, value: held.map(({ value }) => value), verbatim: false })
      held = []
      size = 0
    }

    return {
      holds: true,

      message(message, out) {
        const length = bytes === Infinity ? 0 : (message.record.bytes?.length ?? 0)
        if (size + length > bytes) send(out)
        held.push(message)
        size += length
        if (held.length >= count) send(out)
      },

      watermark(time, out) {
        if (time === Infinity) send(out)
      },

      barrier: send,
    }
  })
}

function checkLimit(option: string, limit: number): void {
  if (limit === Infinity || (Number.isSafeInteger(limit) && limit >= 1)) return
  throw new SluiceError(
    'config',
    `${option} of batch must be a whole number above zero, not ${limit}`,
  )
}
