import { createHash, type Hash } from 'node:crypto'
import type { CarriedObject, Segment } from '../commit/record.ts'
import { readAhead } from '../read-ahead.ts'
import type { SinkBinding } from '../sink.ts'
import type { RunTaker } from './run-heads.ts'
import { PART } from './growth.ts'
import { readBundle, unreadable } from './run-reader.ts'

/** Reads that are under way ahead of the growing object: many of small runs, since each waits for the store; few of long ones. */
const SMALL_AHEAD = 16
const LARGE_AHEAD = 2

/** A span of a segment that is read at once. */
interface Span {
  readonly segment: Segment
  readonly from: number
  readonly to: number
}

/**
 * Read the rows of an open object back that an earlier version has carried, a segment an epoch, and add them to it, a run for each.
 *
 * @throws SluiceError 'corrupt' when they are not as they were written
 */
export async function addCarriedSegments(
  segments: CarriedObject['segments'],
  taker: RunTaker,
  binding: SinkBinding,
): Promise<void> {
  const size = segments.reduce((sum, { from, to }) => sum + to - from, 0)
  const read = async (span: Span) => ({
    ...span,
    bytes: await readBundle(span.segment.bundle, span.from, span.to, binding),
  })
  const width = size < PART ? SMALL_AHEAD : LARGE_AHEAD
  let hash: Hash | undefined
  for await (const { segment, from, to, bytes } of readAhead(spansOf(segments), width, read)) {
    if (from === segment.from) {
      hash = createHash('sha256')
      taker.beginRun()
    }
    hash?.update(bytes)
    taker.addRows([bytes])
    if (to === segment.to && hash?.digest('hex') !== segment.sha256)
      throw unreadable(segment.bundle, 'altered', binding)
    await taker.room()
  }
}

function* spansOf(segments: readonly Segment[]): Generator<Span> {
  for (const segment of segments)
    for (let { from } = segment; from < segment.to || from === segment.from; from += PART)
      yield { segment, from, to: Math.min(segment.to, from + PART) }
}
