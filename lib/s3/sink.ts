import type { CarriedObject } from '../commit/record.ts'
import { messageOf } from '../errors.ts'
import type { Barrier, Message } from '../message.ts'
import type { CannedAcl, Encryption, ObjectSettings, StorageClass, Tags } from '../ports.ts'
import type { Sink, SinkEpoch } from '../sink.ts'
import { type Refusal, SinkStream } from '../sink-stream.ts'
import type { Compression } from './compression.ts'
import type { Format } from './format/format.ts'
import { jsonLines } from './format/json-lines.ts'
import {
  compressedName,
  defaultName,
  type FirstFacts,
  isFixed,
  type ObjectName,
  probe,
  tellsTopicsApart,
  trimmed,
} from './object-name.ts'
import { checkSettings } from './object-settings.ts'
import { type ObjectsOptions, OpenObjects } from './open-objects.ts'
import type { Partitioner } from './partitioner/partitioner.ts'
import type { Rotation } from './rotation.ts'
import { checkRotation, eventTimeLimit } from './rotation-check.ts'

export interface S3Options<T> {
  /** Where the objects lie: the beginning of every key. One sink, one prefix. */
  readonly prefix: string
  /** Which folder a message's row goes to. The prefix itself, unless said otherwise. */
  readonly partitionBy?: Partitioner<T>
  /** How messages become bytes. JSON lines, unless said otherwise. */
  readonly format?: Format<T>
  /** What makes objects smaller when they close: `gzip()`, `zstd()`. Nothing, unless said otherwise. */
  readonly compression?: Compression
  /** When an object is finished. At every commit, unless said otherwise; a limit that is stated is exact and holds over commits. */
  readonly rotate?: Rotation
  /** The last part of a key. `<topic>+<partition>+<first offset>.<extension>`, unless said otherwise; a `template(…)`, or a function. Compressed objects always bear the compression's extension. */
  readonly name?: ObjectName
  /** How the store encrypts the objects at rest. As the store is set up, unless said otherwise. */
  readonly encryption?: Encryption
  /** One whose objects can be read at once. The bucket's, unless said otherwise. */
  readonly storageClass?: StorageClass
  /** Who else may do what. As the store is set up, unless said otherwise. */
  readonly acl?: CannedAcl
  /** At most ten tags for each object, or a pure function of what is known when it begins, like `name`. None, unless said otherwise. */
  readonly tags?: Tags | ((object: FirstFacts) => Tags)
}

/**
 * A Writable that puts messages into objects, a folder each, and has them ready when its lane commits.
 *
 * Memory is bounded by the lane's budget: rows are charged to it, and it ends the epoch before it is spent. A restart takes up the objects that were
 * carried as of the last commit; what came after it is read again. A message is in one object, once; rows of one record may be in several, of several folders.
 *
 * @throws SluiceError 'config' for options that contradict themselves, when it is built
 */
export function s3Sink<T>(options: S3Options<T>): Sink<T> {
  return newS3Sink(options)
}

/** The same, with what `standalone` needs of it. */
export const newS3Sink = <T>(options: S3Options<T>): S3Sink =>
  new S3Sink(options as unknown as S3Options<unknown>)

export type { S3Sink }

/** All rows lie in the prefix itself. */
const flat: Partitioner<unknown> = () => ''

class S3Sink extends SinkStream {
  readonly id: string
  readonly place: string
  readonly settings: ObjectSettings
  readonly needsEventTime: string | undefined
  readonly tellsTopicsApart: boolean
  readonly hasFixedName: boolean
  protected readonly unbound =
    'is not connected to a store: use it in a pipeline, or through standalone()'
  readonly #folderOf: Partitioner<unknown>
  readonly #options: ObjectsOptions
  #objects: OpenObjects | undefined

  constructor({
    prefix,
    partitionBy,
    format = jsonLines(),
    compression,
    rotate,
    name = defaultName,
    encryption,
    storageClass,
    acl,
    tags,
  }: S3Options<unknown>) {
    super()
    if (rotate) checkRotation(rotate)
    this.needsEventTime = rotate && eventTimeLimit(rotate)
    const tagsOf = typeof tags === 'function' ? tags : undefined
    const own = { encryption, storageClass, acl, tags: tagsOf ? tagsOf(probe) : (tags as Tags) }
    checkSettings(own)
    this.settings = { contentEncoding: compression?.contentEncoding, ...own }
    this.tellsTopicsApart = tellsTopicsApart(name)
    this.id = trimmed(prefix)
    this.place = `s3 prefix '${this.id}'`
    this.hasFixedName = isFixed(name)
    this.#folderOf = partitionBy ?? flat
    this.#options = {
      sink: this.id,
      rotation: rotate,
      name: compression ? compressedName(name, compression.extension) : name,
      extension: format.extension,
      format,
      compression,
      settings: this.settings,
      tagsOf,
    }
  }

  restore(carried: readonly CarriedObject[]): void {
    this.objects.restore(carried)
  }

  get due(): number {
    return this.objects.due
  }

  /** The objects that take its rows, once it is bound. */
  get objects(): OpenObjects {
    return (this.#objects ??= new OpenObjects(this.#options, this.binding))
  }

  protected put(message: Message<unknown>): number | Refusal {
    let folder: string
    try {
      folder = this.#folderOf(message, this.binding.epoch().tick)
    } catch (error) {
      return { problem: messageOf(error) }
    }
    if (folder === '' && this.#folderOf !== flat)
      return { problem: 'the partitioner gave no folder: its answer is the empty text' }
    return this.objects.add(folder, message)
  }

  protected override atBarrier(barrier: Barrier): void {
    this.objects.barrier(barrier)
  }

  protected takeEpoch(): Omit<SinkEpoch, 'kept' | 'rejected'> {
    return this.objects.take()
  }
}
