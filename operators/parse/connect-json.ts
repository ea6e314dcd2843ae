import { messageOf } from '../../lib/errors.ts'
import { type Integers, readJson } from '../../lib/json-integers.ts'
import { membersOf } from '../../lib/json-tokens.ts'
import type { Message } from '../../lib/message.ts'
import { recordWith } from '../../lib/part.ts'
import {
  MALFORMED_JSON,
  problemWith,
  type Reader,
  takeTombstone,
  type Tombstones,
  unmarked,
} from './readers.ts'

const NO_ENVELOPE = 'no JSON of Kafka Connect'

/**
 * What Kafka Connect's JsonConverter writes with `schemas.enable`: the payload is the event, and its bytes within the record are the event's own.
 * A null payload is a tombstone.
 */
export const connectJsonReader =
  (integers: Integers, tombstones: Tombstones): Reader =>
  (message, bytes, out) => {
    const problem = problemWith(bytes)
    if (problem !== undefined) return out.reject(message, problem)
    const text = unmarked(bytes).toString()
    let envelope: unknown
    try {
      envelope = readJson(text, integers)
    } catch (error) {
      return out.reject(message, `${MALFORMED_JSON}: ${messageOf(error)}`)
    }
    const mismatch = mismatchOf(envelope)
    if (mismatch !== undefined) return out.reject(message, `${NO_ENVELOPE}: ${mismatch}`)
    const { payload } = envelope as { readonly payload: unknown }
    if (payload === null) return takeTombstone(tombstones, eventOf(message, null, null), out)
    const own = membersOf(text).get('payload') as string
    out.emit(eventOf(message, payload, Buffer.from(own)))
  }

function mismatchOf(envelope: unknown): string | undefined {
  if (envelope === null || typeof envelope !== 'object' || Array.isArray(envelope))
    return 'it is not an object with schema and payload'
  for (const name of ['schema', 'payload'])
    if (!Object.hasOwn(envelope, name)) return `it has no ${name}`
  const other = Object.keys(envelope).find((name) => name !== 'schema' && name !== 'payload')
  return other === undefined
    ? undefined
    : `besides schema and payload it has ${JSON.stringify(other)}`
}

const eventOf = <T>(
  { time, watermark, record, index }: Message<unknown>,
  value: T,
  bytes: Buffer | null,
): Message<T> => ({
  value,
  time,
  watermark,
  record: recordWith(record, bytes),
  index,
  verbatim: true,
})
