import { readJson } from '../../json-integers.ts'
import type { Message } from '../../message.ts'
import { reader } from './path.ts'

/**
 * What reads the value at a path of a message's event; undefined where there is none. An integer beyond 2^53 is the bigint that it was written as, while
 * no operator has changed the event: the nearest number is that of others, too.
 *
 * @throws SluiceError 'config' for a path that is none
 */
export function fieldOfMessage(path: string): (message: Message<unknown>) => unknown {
  const read = reader(path)
  return ({ value, verbatim, record: { bytes } }) => {
    const found = read(value)
    if (!verbatim || bytes === null || !isRounded(found)) return found
    return read(readJson(bytes.toString(), 'exact'))
  }
}

const isRounded = (value: unknown): boolean =>
  Number.isInteger(value) && !Number.isSafeInteger(value)
