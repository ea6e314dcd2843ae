import { AggregateCheck } from './aggregate-check.ts'
import { Expectation } from './expectation.ts'
import { RawCheck } from './raw-check.ts'
import { RejectCheck } from './reject-check.ts'
import { unpacked } from './unpacked.ts'
import { type BucketObject, Complaints, defaults, type LogRecord, type Settings } from './world.ts'

/** What was found and compared, and what is wrong with it. */
export interface Outcome {
  readonly complaints: readonly string[]
  readonly valid: number
  readonly rejected: number
  readonly aggregates: number
}

/**
 * Recompute from the log what finite runs of `pipeline:ecommerce` over all of it must have left in the bucket, and compare. Shares no code with the
 * runtime or its operators.
 *
 * @param records the whole log, each partition in the order of its offsets
 * @param objects the whole bucket; what is outside the pipeline's three prefixes is ignored
 */
export async function checkEcommerce(
  records: Iterable<LogRecord> | AsyncIterable<LogRecord>,
  objects: Iterable<BucketObject> | AsyncIterable<BucketObject>,
  options: Partial<Settings> = {},
): Promise<Outcome> {
  const settings: Settings = { ...defaults, ...options }
  const expected = new Expectation(settings)
  await expected.take(records)
  const complaints = new Complaints()
  const raw = new RawCheck(settings, complaints)
  const aggregates = new AggregateCheck(complaints)
  const rejects = new RejectCheck(complaints)
  for await (const stored of objects) {
    const object = unpacked(stored)
    if (object.key.startsWith('raw-json/')) raw.take(object)
    else if (object.key.startsWith('aggregates/')) aggregates.take(object, expected.aggregates)
    else if (object.key.startsWith('rejected/')) rejects.take(object, expected.rejects)
  }
  raw.finish(expected.raw)
  aggregates.finish(expected.aggregates)
  rejects.finish(expected.rejects)
  return {
    complaints: complaints.all,
    valid: [...expected.raw.values()].reduce((sum, rows) => sum + rows.length, 0),
    rejected: expected.rejects.size,
    aggregates: expected.aggregates.size,
  }
}
