import { passing, retry, type RetryOptions } from '../retry.ts'
import { messageOf, SluiceError } from '../errors.ts'
import type { NewRecord } from '../ports.ts'
import type { Producing } from './mark.ts'
import { type Outbox, recordsOf, type SegmentBytes } from './outbox.ts'

/** The topics that a pipeline produces to. */
export interface Producers {
  /** How many partitions the topic has, as far as is known now. */
  partitions(topic: string): number
  /** As `Producer.append`. */
  append(topic: string, records: readonly NewRecord[]): Promise<void>
}

export interface ProduceOptions {
  readonly producers: Producers
  readonly producing: Producing
  readonly bytesOf: SegmentBytes
  readonly retry: RetryOptions
  /** Asked before each attempt whether it is still to be. */
  readonly before: () => Promise<void>
}

/**
 * Produce the messages of a commit, in order. May be done by anybody, any number of times: a repeat bears the same mark and goes to the same partition.
 * A segment is sent when the one before it is acknowledged, so that a message never stands in the log without those before it. Holds one segment.
 *
 * @throws SluiceError when the log refuses what is committed; what may pass is tried for ever
 */
export async function produce(outbox: Outbox, options: ProduceOptions): Promise<void> {
  const { producers, producing, bytesOf, before } = options
  let first = 0
  for (const segment of outbox.segments) {
    const bytes = await retry(() => bytesOf(segment, outbox), options.retry)
    const records = recordsOf(outbox, bytes, first, producing)
    await retry(async () => {
      await before()
      await producers.append(outbox.topic, records).catch((error: unknown) => {
        throw failureOf(error, outbox)
      })
    }, options.retry)
    first += segment.count
  }
}

function failureOf(error: unknown, { topic, commit, count }: Outbox): unknown {
  const failure = passing(error)
  if (!(failure instanceof SluiceError)) return failure
  return new SluiceError(
    failure.code,
    `commit ${commit} has ${count} messages for topic ${topic}, and it does not take them: ${messageOf(failure)}. ` +
      `They are safe, and nothing after them is committed: let the topic take them, then start again`,
    { cause: failure },
  )
}
