import type { BucketObject, LogRecord } from '../../support/checker/world.ts'

/** A record of a topic, with the texts of its headers. */
export interface TopicRecord extends LogRecord {
  readonly key: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

/** An object with its user metadata, names in lower case without the `x-amz-meta-` prefix. */
export interface StoredObject extends BucketObject {
  readonly metadata: Readonly<Record<string, string>>
}

/** All that there is in the end, as somebody else sees it. */
export interface Remains {
  /** What was read. */
  readonly input: readonly TopicRecord[]
  /** What was produced. */
  readonly copies: readonly TopicRecord[]
  /** The whole bucket. */
  readonly objects: readonly StoredObject[]
}
