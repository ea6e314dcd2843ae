import { createHash, type Hash } from 'node:crypto'
import { type CarriedObject, type Segment, sha256 } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import { readAhead } from '../read-ahead.ts'
import { retry } from '../retry.ts'
import type { SinkBinding } from '../sink.ts'
import { byTimeThenOffset, timedRows } from '../timed-row.ts'
import { type Growth, PART } from './growth.ts'
import type { OpenObject } from './open-object.ts'

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
 * Read the rows of an open object back from the bundles that hold them and add them to it, a run for each.
 *
 * @throws SluiceError 'corrupt' when they are not as they were written
 */
export async function addCarriedRows(
  segments: CarriedObject['segments'],
  growth: Growth,
  binding: SinkBinding,
): Promise<void> {
  const size = segments.reduce((sum, { from, to }) => sum + to - from, 0)
  const read = async (span: Span) => ({ ...span, bytes: await readSpan(span, binding) })
  const width = size < PART ? SMALL_AHEAD : LARGE_AHEAD
  let hash: Hash | undefined
  for await (const { segment, from, to, bytes } of readAhead(spansOf(segments), width, read)) {
    if (from === segment.from) {
      hash = createHash('sha256')
      growth.beginRun()
    }
    hash?.update(bytes)
    growth.addRows([bytes])
    if (to === segment.to && hash?.digest('hex') !== segment.sha256)
      throw unreadable(segment, 'altered', binding)
    await growth.room()
  }
}

/**
 * Sort an object's rows, those in bundles and the newest, by event time and offset, and add them to it in one run. Holds all of them.
 *
 * @param reserved bytes of the newest that are charged already
 * @throws SluiceError 'corrupt' when they are not as they were written
 */
export async function addSortedRows(
  { segments, frame }: Pick<OpenObject, 'segments' | 'frame'>,
  newest: readonly Buffer[],
  reserved: number,
  growth: Growth,
  binding: SinkBinding,
): Promise<void> {
  const runs: Buffer[] = []
  for await (const bytes of readAhead(segments, SMALL_AHEAD, (each) => readSegment(each, binding)))
    runs.push(bytes)
  runs.push(Buffer.concat(newest))
  const rows = runs.flatMap(timedRows).sort(byTimeThenOffset)
  growth.beginRun()
  growth.addRows(
    rows.flatMap(({ row }, i) => (i === 0 ? row : [frame.separator, row])),
    reserved,
  )
}

async function readSegment(segment: Segment, binding: SinkBinding): Promise<Buffer> {
  const bytes = await readSpan({ segment, from: segment.from, to: segment.to }, binding)
  if (sha256(bytes) === segment.sha256) return bytes
  throw unreadable(segment, 'altered', binding)
}

function* spansOf(segments: readonly Segment[]): Generator<Span> {
  for (const segment of segments)
    for (let { from } = segment; from < segment.to || from === segment.from; from += PART)
      yield { segment, from, to: Math.min(segment.to, from + PART) }
}

async function readSpan({ segment, from, to }: Span, binding: SinkBinding): Promise<Buffer> {
  const { store, retry: options } = binding
  const bytes = await retry(() => store.get(segment.bundle, { from, to }), options)
  if (bytes?.length === to - from) return bytes
  throw unreadable(segment, bytes ? 'altered' : 'gone', binding)
}

const unreadable = (
  { bundle }: Segment,
  how: 'altered' | 'gone',
  { store }: SinkBinding,
): SluiceError =>
  new SluiceError(
    'corrupt',
    `rows of an open object in ${bundle} of ${store.place} are ${how}; restore that object, then start again`,
  )
