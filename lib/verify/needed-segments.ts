import type { CommitRecord, Segment } from '../commit/record.ts'
import type { AuditContext } from './context.ts'
import { blocksOf } from './open-objects.ts'

/** A span of a bundle, and what lies in it. */
export interface NeededSegment {
  readonly segment: Segment
  readonly what: string
}

/** What a lane reads back when it is claimed after this record: state, rows of open objects, messages that may have to be produced. */
export async function* neededSegments(
  { state, carried, open = {}, outbox = [] }: CommitRecord,
  { store, clock }: Pick<AuditContext, 'store' | 'clock'>,
): AsyncGenerator<NeededSegment> {
  for (const [store, segments] of Object.entries(state))
    for (const segment of segments) yield { segment, what: `the state of ${store}` }
  for (const { segments, sink, folder, firstOffset, lastOffset } of carried)
    for (const segment of segments)
      yield {
        segment,
        what: `rows of the open object of ${sink} in ${folder || 'its prefix'}, offsets ${firstOffset} to ${lastOffset}`,
      }
  for (const [sink, { runs }] of Object.entries(open))
    for (const run of runs) {
      yield { segment: run.index, what: `what is where of the open objects of ${sink}` }
      for await (const segment of blocksOf(run, store, clock))
        yield { segment, what: `rows of the open objects of ${sink}` }
    }
  for (const { segments, topic, commit } of outbox)
    for (const segment of segments)
      yield { segment, what: `messages of record ${commit} for topic ${topic}` }
}
