import { createHash, type Hash } from 'node:crypto'
import type { CarriedObject, Segment } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import { readAhead } from '../read-ahead.ts'
import { retry } from '../retry.ts'
import type { SinkBinding } from '../sink.ts'
import { type Growth, PART } from './growth.ts'

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
