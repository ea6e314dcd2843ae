import { isUtf8 } from 'node:buffer'
import { SluiceError } from '../errors.ts'
import type { Message } from '../message.ts'
import { SOURCE } from './fates.ts'
import type { Rejection } from '../operator.ts'
import { Part, placeOf, recordAt } from '../part.ts'
import type { Rejected } from '../pipeline.ts'

const TEXT = 2_000
/** A character takes four bytes of UTF-8 at the most. */
const TEXT_BYTES = TEXT * 4

/**
 * A rejection as a message of the rejected flow, at the time of its record in the log; where the log has none, at its event time, or in 1970: a partitioner by
 * that time has to take it, as nothing takes what is rejected there.
 */
export function rejectedMessage(
  { operator, reason, problems, message }: Rejection,
  pipeline: string,
  commit: number,
  maxRecordBytes: number,
): Message<Rejected> {
  const { record } = message
  const eventTime = Number.isFinite(message.time) ? message.time : 0
  const time = record.timestamp >= 0 ? record.timestamp : eventTime
  const bytes = record.bytes !== null && record.bytes.length <= maxRecordBytes ? record.bytes : null
  return {
    value: {
      operator,
      reason,
      problems,
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      ...(record instanceof Part && { index: message.index }),
      timestamp: record.timestamp,
      key: textOf(record.key),
      bytes: bytes && bytes.toString('base64'),
      text: bytes && bytes.subarray(0, TEXT_BYTES).toString().slice(0, TEXT),
      pipeline,
      commit,
    },
    time,
    watermark: message.watermark,
    record: record.timestamp >= 0 ? record : recordAt(record, time),
    index: message.index,
    verbatim: false,
  }
}

/** Records that are rejected before any operator has seen them. */
export const bySource = (messages: readonly Message<unknown>[], reason: string): Rejection[] =>
  messages.map((message) => ({ operator: SOURCE, reason, problems: [], message }))

/** A key as text where it is one, else in base64. */
function textOf(key: Buffer | null): string | null {
  if (key === null) return null
  return isUtf8(key) ? key.toString() : `base64:${key.toString('base64')}`
}

/** What stops a pipeline whose `rejected` flow leads nowhere. */
export function unheard({
  operator,
  reason,
  topic,
  partition,
  offset,
  key,
  text,
}: Rejected): SluiceError {
  return new SluiceError(
    'rejected',
    `${operator} rejected ${topic}-${partition}@${offset} (key ${key ?? 'none'}): ${reason}. The record: ${text ?? 'no bytes'}. ` +
      `The pipeline has no sink for rejected events: give it one, rejected.to(s3({ prefix: 'rejected' }))`,
  )
}

/** A reject inside the rejected flow has nowhere to go. */
export function rejectedTwice([rejection]: readonly Rejection[]): SluiceError {
  const { operator, reason, message } = rejection as Rejection
  return new SluiceError(
    'rejected',
    `${operator} rejected an event of the rejected flow, from ${placeOf(message)}: ${reason}. Nothing takes that: mend the operator`,
  )
}
