import type { Duration } from './duration.ts'
import type { SourceRecord } from './message.ts'
import type { Selection, TopicPartition, Topics } from './topics.ts'

/**
 * The two things outside that the runtime needs: a log and an object store. Adapters: Kafka and S3 (`lib/kafka`, `lib/s3`), a folder
 * each (`lib/local`), memory (`lib/testing.ts`). They know nothing of lanes, operators or commits.
 */

/** Why an object store did not do what it was asked. */
export type StoreFailure =
  /** Time-out, reset, 5xx, SlowDown: it may or may not have happened; try again. */
  | 'transient'
  /** 403: no right to do this, or wrong credentials. */
  | 'denied'
  /** No such bucket, or another setting that no retry mends. */
  | 'config'
  /** The request itself is impossible, such as a key that the store cannot hold. */
  | 'invalid'

export interface StoreErrorOptions extends ErrorOptions {
  readonly throttled?: boolean
  readonly retryAfter?: number
}

export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly failure: StoreFailure
  /** The store asks for fewer requests. */
  readonly throttled: boolean
  /** How long the store asks to be left alone, in ms; 0 where it does not say. */
  readonly retryAfter: number
  constructor(failure: StoreFailure, message: string, options: StoreErrorOptions = {}) {
    super(message, options)
    this.failure = failure
    this.throttled = options.throttled ?? false
    this.retryAfter = options.retryAfter ?? 0
  }
}

export type Metadata = Readonly<Record<string, string>>

export interface ObjectInfo {
  readonly size: number
  /** When it was written, in ms, by the store's clock; S3 says whole seconds. `-Infinity` where it does not say. */
  readonly modified: number
  /** User metadata, names in lower case without the `x-amz-meta-` prefix. */
  readonly metadata: Metadata
}

/** How a store is to encrypt objects at rest. */
export interface Encryption {
  /** `AES256` with the store's own keys (SSE-S3), `aws:kms` with those of a key service (SSE-KMS), `aws:kms:dsse` in two layers. */
  readonly algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse'
  /** Key of the service: its id, ARN or alias. The account's own for S3 unless said otherwise. */
  readonly keyId?: string
  /** Let the bucket derive keys, so that the key service is asked less often. As the bucket says unless said otherwise. */
  readonly bucketKey?: boolean
}

export type Tags = Readonly<Record<string, string>>

export type StorageClass =
  | 'STANDARD'
  | 'STANDARD_IA'
  | 'ONEZONE_IA'
  | 'INTELLIGENT_TIERING'
  | 'GLACIER_IR'
  | 'REDUCED_REDUNDANCY'

export type CannedAcl =
  | 'private'
  | 'public-read'
  | 'public-read-write'
  | 'authenticated-read'
  | 'aws-exec-read'
  | 'bucket-owner-read'
  | 'bucket-owner-full-control'

/** What becomes of an object in a store besides its bytes. Stores that are not S3 have none of it. */
export interface ObjectSettings {
  /** What readers that speak HTTP unpack by themselves. */
  readonly contentEncoding?: string
  readonly encryption?: Encryption
  readonly storageClass?: StorageClass
  readonly acl?: CannedAcl
  readonly tags?: Tags
}

export interface PutOptions extends ObjectSettings {
  /** Create only: `'exists'` is answered, and nothing changed, when the key is taken. Atomic among any number of writers. */
  readonly ifAbsent?: boolean
  readonly metadata?: Metadata
  readonly contentType?: string
}

/** A body that is made while it is sent, anew for every attempt. */
export interface StreamedBody {
  /** In bytes. */
  readonly size: number
  /** In hexadecimal. */
  readonly sha256: string
  /** An error of it is that of the request. */
  readonly chunks: () => AsyncIterable<Buffer>
}

export interface UploadPart {
  readonly number: number
  readonly etag: string
}

/** An upload that was begun, and neither completed nor aborted. */
export interface OpenUpload {
  readonly key: string
  readonly uploadId: string
  /** When, in ms, by the store's clock; never before that, but perhaps later: some servers say when its last part came. */
  readonly begun: number
}

/** What a bucket does by itself, whoever writes to it. */
export interface LifecycleRule {
  readonly id: string
  /** It is for keys that begin so. */
  readonly prefix: string
  /** Uploads that are not completed so long after they were begun are removed. */
  readonly abortsAfter?: Duration
  /** Objects are deleted so long after they were written. */
  readonly expiresAfter?: Duration
}

/**
 * Keys to bytes, strongly consistent for one key. Every method makes one attempt and rejects with a `StoreError`; who retries, and for how
 * long, is the runtime's decision (`lib/retry.ts`).
 */
export interface ObjectStore {
  /** For messages: `s3://bucket at http://…` or a folder's path. */
  readonly place: string
  /** What is wrong with this key for this store, or undefined when it can hold it. Pure and cheap; never merges two keys. */
  problemWith(key: string): string | undefined
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<'created' | 'exists'>
  /** The same, of a body that memory does not hold. */
  putStream(key: string, body: StreamedBody, options?: PutOptions): Promise<'created' | 'exists'>
  /** The whole object, or `[from, to)` of it; undefined when there is none. */
  get(key: string, range?: { from: number; to: number }): Promise<Buffer | undefined>
  /** The object's bytes as they arrive, for readers of large ones; undefined when there is none. */
  read(key: string): Promise<AsyncIterable<Buffer> | undefined>
  head(key: string): Promise<ObjectInfo | undefined>
  /** Keys under a prefix in ascending order of their bytes, after `after`, at most `limit` (default: all). */
  list(prefix: string, options?: { limit?: number; after?: string }): AsyncIterable<string>
  /** Deleting what is not there is fine. */
  delete(keys: readonly string[]): Promise<void>
  /** An object of any size that no condition guards, in as many parts as it takes (bundles). The body's pieces are read until the answer is there. */
  store(
    key: string,
    body: readonly Uint8Array[],
    options?: Omit<PutOptions, 'ifAbsent'>,
  ): Promise<void>

  /** Begin an object that nobody sees before `completeUpload`. */
  createUpload(key: string, options?: Omit<PutOptions, 'ifAbsent'>): Promise<string>
  /**
   * Parts but the last have at least 5 MiB. The body's pieces are read until the answer is there.
   *
   * @param sha256 of the body in hexadecimal, for stores that ask for it: who knows it spares them finding it out
   */
  uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: readonly Uint8Array[],
    sha256?: string,
  ): Promise<UploadPart>
  /** Idempotent in effect: `'gone'` when the upload is not known (any more); then `head` tells whether it had been completed. */
  completeUpload(
    key: string,
    uploadId: string,
    parts: readonly UploadPart[],
  ): Promise<'completed' | 'gone'>
  /** Hygiene only: never needed for safety. */
  abortUpload(key: string, uploadId: string): Promise<void>

  /** Open uploads of keys that begin so, in any order; of all keys for ''. MinIO tells of all or of one whole key, and of none for the beginning of one. */
  uploads(prefix: string): AsyncIterable<OpenUpload>
  /**
   * Whether an upload can be lost, with what was sent, when the request that completes it breaks off (MinIO): what has to become visible whatever happens is
   * put by `putStream` there.
   */
  losesUploads(): Promise<boolean>
  /** What the bucket does by itself; undefined where the store does not tell, or not us. */
  lifecycle(): Promise<readonly LifecycleRule[] | undefined>
  /** The store's clock, in ms; undefined where it is this machine's. */
  time(): Promise<number | undefined>
  close(): Promise<void>
}

/** One fetch of one partition. `from` and `next` cover offsets without records too (compaction, transaction markers). */
export interface Batch extends TopicPartition {
  /** The offset that was asked for. */
  readonly from: number
  /** The offset to ask for next. */
  readonly next: number
  readonly records: readonly SourceRecord[]
  /** Memory that the records take, decoded, in bytes: what is charged to the budget. */
  readonly bytes: number
}

/** What a group member is told. Every method is synchronous and must not block: it is called from inside the client's loop. */
export interface GroupListener {
  /**
   * The whole new assignment, before the first fetch under it, and the topics that the members of the group know of by now, all together. Reading of a
   * partition that is new starts paused, until `seek` and `resume`.
   */
  assigned(partitions: readonly TopicPartition[], topics: Topics): void
  batch(batch: Batch): void
  /** Partitions of one broker, of which this is one, could not be read twice or more in a row. They are tried again for ever. */
  retrying?(partition: TopicPartition, reason: string): void
  /** The client is dead and will not come back by itself. */
  failed(error: Error): void
}

/** An offset as other tools see it, with a line of text for other lanes. Advisory: never the truth. */
export interface MirrorEntry extends TopicPartition {
  readonly offset: number
  readonly metadata: string
}

/** Membership of a consumer group. Every partition that any of its members knows of has one reader among them. */
export interface Group {
  /** There are more topics or partitions by now: the group shares out anew, and every member is told. */
  subscribe(topics: Topics): void
  seek(partition: TopicPartition, offset: number): void
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /** Best effort, its own time-out, never throws for what the broker says: false when it was not stored. */
  mirror(entries: readonly MirrorEntry[]): Promise<boolean>
  /** Every partition's mirrored entry; partitions without one are left out. */
  readMirror(): Promise<MirrorEntry[]>
  leave(): Promise<void>
}

export interface JoinOptions {
  readonly topics: Topics
  readonly group: string
  /** Longest wait of a fetch for new records, in ms. */
  readonly pollTimeout: number
  readonly listener: GroupListener
}

export interface NewRecord {
  readonly key: Uint8Array | string | null
  readonly value: Uint8Array | string | null
  readonly headers?: Readonly<Record<string, string>>
  /** ms since the epoch; the present time unless said otherwise. */
  readonly timestamp?: number
  /** By the key's murmur2 hash, as Kafka's own producer does, unless said otherwise. */
  readonly partition?: number
}

/** Writes to one topic. */
export interface Producer {
  /** How many partitions the topic has, as far as is known now. */
  readonly partitions: number
  /**
   * Resolves when the records are durable, those of one partition in their order; rejects with a `SluiceError` when any is not: `'config'` for what a
   * person has to mend, `'service'` for what may pass. What comes before the one that failed may be there.
   */
  append(records: readonly NewRecord[]): Promise<void>
  /** Writes that had to be repeated so far; none where nothing is ever repeated. */
  readonly retries?: number
  close(): Promise<void>
}

export interface PartitionRange {
  readonly partition: number
  /** The lowest offset that can still be read. */
  readonly low: number
  /** The offset after the last record that a reader may see. */
  readonly high: number
}

/** Partitioned, ordered, addressed by offset. Methods reject with a `SluiceError` that names the broker or folder and the topic. */
export interface Log {
  /** For messages: the brokers, or a folder's path. */
  readonly place: string
  /** The wanted topics that are there now, but for those that are the log's own. */
  topics(wanted: Selection): Promise<Topics>
  /**
   * The ranges of all partitions by number, or undefined when there is no such topic. Where some are named, others may be left out: they are not
   * waited for.
   */
  ranges(topic: string, partitions?: readonly number[]): Promise<PartitionRange[] | undefined>
  /** By topic, what tells it from others that had its name or will have it. Without those of which the log does not know that, and that are not there. */
  topicIds(topics: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Make the topic unless it is there. */
  create(topic: string, partitions: number): Promise<void>
  join(options: JoinOptions): Promise<Group>
  producer(topic: string): Promise<Producer>
  /** Records `[from, to)` of one partition in order, outside any group: for `verify`. */
  read(topic: string, partition: number, from: number, to: number): AsyncIterable<Batch>
  close(): Promise<void>
}
