import type { CommitRecord, Segment } from '../commit/record.ts'

/** A span of a bundle, and what lies in it. */
export interface NeededSegment {
  readonly segment: Segment
  readonly what: string
}

/** What a lane reads back when it is claimed after this record: state, rows of open objects, messages that may have to be produced. */
export function* neededSegments({
  state,
  carried,
  outbox = [],
}: CommitRecord): Generator<NeededSegment> {
  for (const [store, segments] of Object.entries(state))
    for (const segment of segments) yield { segment, what: `the state of ${store}` }
  for (const { segments, sink, folder, firstOffset, lastOffset } of carried)
    for (const segment of segments)
      yield {
        segment,
        what: `rows of the open object of ${sink} in ${folder || 'its prefix'}, offsets ${firstOffset} to ${lastOffset}`,
      }
  for (const { segments, topic, commit } of outbox)
    for (const segment of segments)
      yield { segment, what: `messages of record ${commit} for topic ${topic}` }
}
