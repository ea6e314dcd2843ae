import { messageOf, SluiceError } from '../errors.ts'
import type { Barrier, Message } from '../message.ts'
import type { CannedAcl, Encryption, ObjectSettings, StorageClass, Tags } from '../ports.ts'
import type { RestoredRows, Sink, SinkEpoch } from '../sink.ts'
import { type Refusal, SinkStream } from '../sink-stream.ts'
import type { Store } from '../state/store.ts'
import type { Compression } from './compression.ts'
import type { Format } from './format/format.ts'
import { jsonLines } from './format/json-lines.ts'
import { shapeOf } from './format/shape.ts'
import { checkKnown } from '../argument-check.ts'
import {
  compressedName,
  defaultName,
  type FirstFacts,
  isFixed,
  isFixedForResults,
  type ObjectName,
  probe,
  tellsTopicsApart,
} from './object-name.ts'
import { checkedPrefix, checkExtensions, checkKinds, checkName, goesBy } from './sink-check.ts'
import { checkSettings } from './object-settings.ts'
import { Once } from './once.ts'
import { type ObjectsOptions, OpenObjects } from './open-objects.ts'
import type { Need, Partitioner } from './partitioner/partitioner.ts'
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
  /** The last part of a key. `<topic>+<partition>+<first offset>.<extension>`, unless said otherwise; `defaultName({ digits: 20 })`, a `template(…)`, a function, or `once(…)`. Compressed objects always bear the compression's extension. */
  readonly name?: ObjectName | Once<T>
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

const KNOWN: Readonly<Record<keyof S3Options<unknown>, true>> = {
  prefix: true,
  partitionBy: true,
  format: true,
  compression: true,
  rotate: true,
  name: true,
  encryption: true,
  storageClass: true,
  acl: true,
  tags: true,
}

/** All rows lie in the prefix itself. */
const flat: Partitioner<unknown> = () => ''

class S3Sink extends SinkStream {
  readonly id: string
  readonly place: string
  readonly settings: ObjectSettings
  readonly needsEventTime: string | undefined
  readonly format: string
  readonly tellsTopicsApart: boolean
  readonly hasFixedName: boolean
  readonly namesResultsAlike: boolean
  readonly goesBy: Readonly<Partial<Record<Need, string>>>
  readonly writesOnce: boolean
  readonly #once: Once<unknown> | undefined
  protected readonly unbound =
    'is not connected to a store: use it in a pipeline, or through standalone()'
  readonly #folderOf: Partitioner<unknown>
  readonly #options: ObjectsOptions
  #objects: OpenObjects | undefined

  constructor(options: S3Options<unknown>) {
    super()
    checkKnown('s3()', options, KNOWN)
    const {
      prefix,
      partitionBy,
      format = jsonLines(),
      compression,
      rotate,
      name = defaultName(),
      encryption,
      storageClass,
      acl,
      tags,
    } = options
    if (rotate) checkRotation(rotate)
    const once = name instanceof Once ? name : undefined
    if (once && rotate) throw contradiction(rotate)
    const byRow = name instanceof Once ? defaultName() : name
    this.needsEventTime = once ? once.needsEventTime : rotate && eventTimeLimit(rotate)
    const tagsOf = typeof tags === 'function' ? tags : undefined
    const own = { encryption, storageClass, acl, tags: tagsOf ? tagsOf(probe) : (tags as Tags) }
    checkSettings(own)
    this.tellsTopicsApart = !once && tellsTopicsApart(byRow)
    this.id = checkedPrefix(prefix)
    this.place = `s3 prefix '${this.id}'`
    checkKinds(this.place, format, compression)
    this.format = shapeOf(format, once !== undefined)
    this.settings = { contentEncoding: compression?.contentEncoding, ...own }
    checkName(this.place, byRow)
    this.hasFixedName = isFixed(byRow)
    this.namesResultsAlike = isFixedForResults(byRow)
    this.goesBy = goesBy(partitionBy, byRow)
    checkExtensions(format, compression)
    this.#once = once
    this.writesOnce = once !== undefined
    this.#folderOf = partitionBy ?? flat
    this.#options = {
      sink: this.id,
      rotation: once ? once.rotation : rotate,
      name: compression ? compressedName(byRow, compression.extension) : byRow,
      once,
      extension:
        once && compression ? `${format.extension}.${compression.extension}` : format.extension,
      format,
      compression,
      settings: this.settings,
      tagsOf,
    }
  }

  get table(): Store {
    return this.objects.table
  }

  restore(rows: RestoredRows): void {
    this.objects.restore(rows)
  }

  due(now: number): number {
    return this.objects.due(now)
  }

  get sealed(): number {
    return this.objects.sealed
  }

  /** The objects that take its rows, once it is bound. */
  get objects(): OpenObjects {
    return (this.#objects ??= new OpenObjects(this.#options, this.binding))
  }

  protected put(message: Message<unknown>): number | Refusal {
    let folder: string
    let name: string | undefined
    let problem: string | undefined
    try {
      folder = this.#folderOf(message, this.binding.epoch().tick)
      name = this.#once?.nameOf(message)
      problem = this.#once && this.binding.problemWithKey?.(message)
    } catch (error) {
      return { problem: messageOf(error) }
    }
    if (folder === '' && this.#folderOf !== flat)
      return { problem: 'the partitioner gave no folder: its answer is the empty text' }
    return problem === undefined ? this.objects.add(folder, message, name) : { problem }
  }

  protected override atWatermark(time: number): void {
    this.objects.advance(time)
  }

  protected override atBarrier(barrier: Barrier): void {
    this.objects.barrier(barrier)
  }

  protected takeEpoch(): Omit<SinkEpoch, 'kept' | 'rejected'> {
    return this.objects.take()
  }
}

const contradiction = (rotate: Rotation): SluiceError =>
  new SluiceError(
    'config',
    `name: once(…) says itself when an object is finished, and rotate.${Object.keys(rotate)[0]} says it otherwise: leave rotate out, or give another name`,
  )
