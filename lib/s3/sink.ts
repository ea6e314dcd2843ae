import { Writable } from 'node:stream'
import type { Bundle } from '../commit/bundle.ts'
import { TOKEN } from '../commit/publish.ts'
import type { Because, CarriedObject, Contents, StagedObject } from '../commit/record.ts'
import { messageOf, SluiceError } from '../errors.ts'
import { Barrier, Chunk, type Item, type Message, Watermark } from '../message.ts'
import { link, type Rejection } from '../operator.ts'
import { plainMessage } from '../plain.ts'
import type { Sink, SinkBinding, SinkEpoch } from '../sink.ts'
import type { Format } from './format/format.ts'
import { jsonLines } from './format/json-lines.ts'
import { Growth, PART } from './growth.ts'
import {
  defaultName,
  isUniqueName,
  type ObjectFacts,
  objectKey,
  type ObjectName,
  trimmed,
} from './object-name.ts'
import {
  addRow,
  type ClosedObject,
  closedSize,
  contentsOf,
  type Frame,
  frameOf,
  openObject,
  type OpenObject,
  reopen,
} from './open-object.ts'
import type { Partitioner } from './partitioner.ts'
import { becauseOfBarrier, becauseOfRow, checkRotation, type Rotation } from './rotation.ts'
import { checkFree, stage } from './stage.ts'

export interface S3Options<T> {
  /** Where the objects lie: the beginning of every key. One sink, one prefix. */
  readonly prefix: string
  /** Which folder a message's row goes to. The prefix itself, unless said otherwise. */
  readonly partitionBy?: Partitioner<T>
  /** How messages become bytes. JSON lines, unless said otherwise. */
  readonly format?: Format<T>
  /** When an object is finished. At every commit, unless said otherwise; a limit that is stated is exact and holds over commits. */
  readonly rotate?: Rotation
  /** The last part of a key. `<topic>+<partition>+<first offset>.<extension>`, unless said otherwise. */
  readonly name?: ObjectName
}

/**
 * A Writable that puts messages into objects, a folder each, and has them ready when its lane commits.
 *
 * Memory is bounded by the lane's budget: rows are charged to it, and it ends the epoch before it is spent. A restart takes up the objects that were
 * carried as of the last commit; what came after it is read again. An input record can only be in one object once.
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

class S3Sink extends Writable implements Sink<unknown> {
  readonly id: string
  readonly place: string
  readonly #partitionBy: Partitioner<unknown>
  readonly #format: Format<unknown>
  readonly #rotation: Rotation | undefined
  readonly #name: ObjectName
  readonly #mayBeTaken: boolean
  readonly #frame: Frame
  #binding: SinkBinding | undefined
  readonly #open = new Map<string, OpenObject>()
  #closed: ClosedObject[] = []
  #carried: OpenObject[] = []
  #ordinal = 0
  #kept = 0
  #refused = 0
  #lastRecord: unknown
  #rejected: Rejection[] = []

  constructor({
    prefix,
    partitionBy = () => '',
    format = jsonLines(),
    rotate,
    name = defaultName,
  }: S3Options<unknown>) {
    super({ objectMode: true, highWaterMark: 1 })
    if (rotate) checkRotation(rotate)
    this.id = trimmed(prefix)
    this.place = `s3 prefix '${this.id}'`
    this.#partitionBy = partitionBy
    this.#format = format
    this.#rotation = rotate
    this.#name = name
    this.#mayBeTaken = !isUniqueName(name)
    this.#frame = frameOf(format)
    this.on('pipe', link)
  }

  bind(binding: SinkBinding): void {
    this.#binding = binding
  }

  restore(carried: readonly CarriedObject[]): void {
    for (const object of carried) this.#open.set(object.folder, reopen(object, this.#frame))
  }

  override _write(
    item: unknown,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    try {
      this.#take(item as Item<unknown>)
    } catch (error) {
      return done(error as Error)
    }
    if (this.#rejected.length === 0) return done()
    const rejected = this.#rejected
    this.#rejected = []
    const room = this.#bound.reject(rejected)
    if (room) room.then(() => done(), done)
    else done()
  }

  get due(): number {
    let due = Infinity
    const { every = Infinity, idle = Infinity } = this.#rotation ?? {}
    for (const { opened, touched } of this.#open.values())
      due = Math.min(due, opened + every, touched + idle)
    return due
  }

  take(): SinkEpoch {
    const [kept, rejected, closed, carried] = [
      this.#kept,
      this.#refused,
      this.#closed,
      this.#carried,
    ]
    this.#kept = 0
    this.#refused = 0
    this.#closed = []
    this.#carried = []
    this.#ordinal = 0
    this.#lastRecord = undefined
    const held =
      sizeOf(carried) + sizeOf(closed.flatMap(({ object }) => (object.growth ? [] : object)))
    const runs = carried.map((object) => takeRun(object))
    const tokenOf = this.#tokens()
    return {
      kept,
      rejected,
      held,
      stage: async (bundle) => ({
        objects: await this.#stage(closed, bundle, tokenOf),
        carried: runs.map((run) => this.#carry(run, bundle)),
      }),
    }
  }

  get #bound(): SinkBinding {
    if (this.#binding) return this.#binding
    throw new SluiceError(
      'config',
      `${this.place} is not connected to a store: use it in a pipeline, or through standalone()`,
    )
  }

  #take(item: unknown): void {
    if (item instanceof Watermark) return
    if (item instanceof Barrier) return this.#barrier(item)
    const messages = item instanceof Chunk ? item.messages : [plainMessage(item)]
    let taken = 0
    for (const message of messages) taken += this.#message(message)
    this.#bound.memory.charge(taken)
  }

  /** Says how much memory the message took. */
  #message(message: Message<unknown>): number {
    let folder: string
    let row: string | Buffer
    try {
      folder = this.#partitionBy(message)
      row = this.#format.row(message)
    } catch (error) {
      this.#reject(message, messageOf(error))
      return 0
    }
    const object = this.#objectFor(folder, message, row)
    if (!object) return 0
    if (message.record !== this.#lastRecord) this.#kept++
    this.#lastRecord = message.record
    const taken = addRow(object, row, message, this.#bound.epoch().tick, this.#frame)
    if (this.#grows && object.fresh.size >= PART) this.#grow(object)
    return taken
  }

  /** The open object that takes this row, after closing one that has no room for it; undefined when there can be none. */
  #objectFor(
    folder: string,
    message: Message<unknown>,
    row: string | Buffer,
  ): OpenObject | undefined {
    const open = this.#open.get(folder)
    const because =
      open &&
      becauseOfRow(
        this.#rotation,
        { rows: open.rows, bytes: closedSize(open, this.#frame) },
        this.#sizeOf(row),
      )
    if (open && !because) return open
    if (open && because) this.#close(open, because)
    const fresh = openObject(folder, message, this.#bound.epoch().tick, this.#frame)
    const problem = this.#problemWith(fresh)
    if (problem !== undefined) {
      this.#reject(message, problem)
      return undefined
    }
    this.#open.set(folder, fresh)
    return fresh
  }

  /** Why an object like this cannot be: its name cannot be made of this message, or its key cannot be kept. */
  #problemWith(object: OpenObject): string | undefined {
    try {
      return this.#bound.store.problemWith(this.#keyOf(object))
    } catch (error) {
      return messageOf(error)
    }
  }

  /** Only a limit of bytes needs to know. */
  #sizeOf(row: string | Buffer): number {
    return this.#rotation?.bytes === undefined
      ? 0
      : Buffer.byteLength(row) + this.#frame.separator.length
  }

  #barrier(barrier: Barrier): void {
    this.#closeFor(barrier)
    this.#carried = [...this.#open.values()]
    this.#bound.arrived()
  }

  /** Whether objects go up while they grow: those that may be carried over a commit do not, since no upload outlives one. */
  get #grows(): boolean {
    return this.#rotation === undefined || !this.#bound.carries
  }

  get hasClosed(): boolean {
    return this.#closed.length > 0
  }

  /** Close what is due at this time, by age or idleness, and what is full. */
  closeDue(tick: number): void {
    if (this.#rotation) this.#closeFor({ tick, closing: false })
  }

  closeAll(): void {
    for (const object of this.#open.values()) this.#close(object, 'drain')
  }

  #closeFor(barrier: { tick: number; closing: boolean }): void {
    for (const object of this.#open.values()) {
      const bytes = closedSize(object, this.#frame)
      const because = becauseOfBarrier(this.#rotation, { ...object, bytes }, barrier)
      if (because) this.#close(object, because)
    }
  }

  #close(object: OpenObject, because: Because): void {
    this.#open.delete(object.folder)
    this.#closed.push({ object, because, ...(object.named ?? this.#nameNow(object)) })
  }

  #nameNow(object: OpenObject): { key: string; ordinal: number } {
    return { key: this.#keyOf(object), ordinal: this.#ordinal++ }
  }

  /** Valid for the running epoch: the object is published by the commit that ends it, or named anew. */
  #keyOf(object: OpenObject): string {
    const { lane, instance } = this.#bound
    const facts: ObjectFacts = {
      pipeline: lane.pipeline,
      instance,
      topic: lane.topic,
      partition: lane.partition,
      lane: String(lane.partition),
      commitIndex: this.#bound.epoch().commit,
      ordinal: this.#ordinal,
      firstOffset: object.firstOffset,
      firstTime: object.firstTime,
      extension: this.#format.extension,
    }
    return objectKey(this.id, object.folder, this.#name(facts))
  }

  /** Send what has come together as a part. The first one decides the name. */
  #grow(object: OpenObject): void {
    const { header, separator } = this.#frame
    const { size } = object.fresh
    object.named ??= this.#nameNow(object)
    const first = object.growth === undefined
    object.growth ??= new Growth(
      object.named.key,
      {
        metadata: { [TOKEN]: this.#tokens()(object.named.ordinal) },
        contentType: this.#format.contentType,
      },
      this.#bound,
    )
    const { growth } = object
    const before = first ? [growth.frame(header)] : growth.rows(separator)
    growth.send([...before, ...growth.rows(...object.fresh.take())], size)
  }

  #carry({ object, contents, touched, rows, pieces }: Run, bundle: Bundle): CarriedObject {
    if (rows > 0) object.segments = [...object.segments, { ...bundle.add(...pieces), rows }]
    const { folder, opened, firstTime, segments } = object
    return { ...contents, sink: this.id, folder, opened, touched, firstTime, segments }
  }

  /** What the running epoch writes into the metadata of its objects: whose they are. */
  #tokens(): (ordinal: number) => string {
    const { instance, lane } = this.#bound
    const { commit, owner } = this.#bound.epoch()
    const { pipeline, topic, partition, stage: which } = lane
    // metadata has to be ASCII
    const sink = encodeURI(this.id)
    return (ordinal) =>
      [instance, pipeline, topic, partition, which, commit, owner, sink, ordinal].join('/')
  }

  async #stage(
    closed: readonly ClosedObject[],
    bundle: Bundle,
    tokenOf: (ordinal: number) => string,
  ): Promise<StagedObject[]> {
    const options = {
      sink: this.id,
      frame: this.#frame,
      contentType: this.#format.contentType,
      tokenOf,
    }
    if (this.#mayBeTaken)
      await Promise.all(
        closed.map(({ key, ordinal }) => checkFree(key, tokenOf(ordinal), this.#bound)),
      )
    const staged: StagedObject[] = []
    for (const object of closed) staged.push(await stage(object, bundle, options, this.#bound))
    return staged
  }

  #reject(message: Message<unknown>, reason: string): void {
    this.#refused++
    this.#rejected.push({ operator: this.id, reason, problems: [], message })
  }
}

/** What an epoch adds to a carried object, and what the object holds with it: the next epoch already adds to the same object. */
interface Run {
  readonly object: OpenObject
  readonly contents: Contents
  readonly touched: number
  readonly rows: number
  readonly pieces: readonly Buffer[]
}

const sizeOf = (objects: readonly OpenObject[]): number =>
  objects.reduce((sum, { fresh }) => sum + fresh.size, 0)

const takeRun = (object: OpenObject): Run => ({
  object,
  contents: contentsOf(object),
  touched: object.touched,
  rows: object.fresh.rows,
  pieces: object.fresh.take(),
})
