import type { Bundle } from '../commit/bundle.ts'
import { TOKEN } from '../commit/publish.ts'
import type { Because, CarriedObject, Contents, StagedObject } from '../commit/record.ts'
import { messageOf } from '../errors.ts'
import type { Account } from '../memory.ts'
import type { Barrier, Message } from '../message.ts'
import type { ObjectSettings, Tags } from '../ports.ts'
import type { SinkBinding } from '../sink.ts'
import type { Refusal } from '../sink-stream.ts'
import type { Compression } from './compression.ts'
import type { Format } from './format/format.ts'
import { Growth, LARGE, PART } from './growth.ts'
import { isUniqueName, type ObjectFacts, objectKey, type ObjectName } from './object-name.ts'
import {
  addRow,
  type ClosedObject,
  closedSize,
  contentsOf,
  type Frame,
  framesOf,
  type Named,
  openObject,
  type OpenObject,
  reopen,
} from './open-object.ts'
import { problemWithTags } from './object-settings.ts'
import { idOf } from '../topics.ts'
import { becauseOfBarrier, becauseOfRow, type Rotation } from './rotation.ts'
import { checkFree, type Leaving, send, stage, type StageOptions } from './stage.ts'

/** What an epoch leaves behind in the objects of a sink. */
export interface Harvest {
  /** Bytes of memory that the epoch takes over from the running one. */
  readonly held: number
  stage(
    bundle: Bundle,
    memory: Account,
  ): Promise<{ objects: StagedObject[]; carried: CarriedObject[] }>
}

/** What all objects of a sink have in common. */
export interface ObjectsOptions {
  readonly sink: string
  readonly rotation: Rotation | undefined
  readonly name: ObjectName
  readonly format: Format<unknown>
  readonly compression: Compression | undefined
  readonly settings: ObjectSettings
  /** Depending on the object, instead of those of `settings`. */
  readonly tagsOf: ((object: ObjectFacts) => Tags) | undefined
}

/** The objects of a sink that take rows, one for each folder, and those that the running epoch has finished. */
export class OpenObjects {
  readonly #options: ObjectsOptions
  readonly #binding: SinkBinding
  readonly #frameOf: (schema: string) => Frame
  readonly #mayBeTaken: boolean
  readonly #open = new Map<string, OpenObject>()
  #closed: Finished[] = []
  /** Resolves when the last object that left within its epoch has. */
  #leaving: Promise<unknown> = Promise.resolve()
  #carried: OpenObject[] = []
  #ordinal = 0
  /** How many objects of the running epoch begin at a place: what is rejected does not come in the order of the log. */
  readonly #begun = new Map<string, number>()

  constructor(options: ObjectsOptions, binding: SinkBinding) {
    this.#options = options
    this.#binding = binding
    this.#frameOf = framesOf(options.format)
    this.#mayBeTaken = !isUniqueName(options.name)
  }

  restore(carried: readonly CarriedObject[]): void {
    for (const object of carried) this.#open.set(object.folder, reopen(object, this.#frameOf))
  }

  /** The earliest tick at which one is to be closed though no more rows come. */
  get due(): number {
    let due = Infinity
    const { every = Infinity, idle = Infinity } = this.#options.rotation ?? {}
    for (const { opened, touched } of this.#open.values())
      due = Math.min(due, opened + every, touched + idle)
    return due
  }

  get hasClosed(): boolean {
    return this.#closed.length > 0
  }

  /** Add a message's row to the open object of its folder; says how many bytes of memory it took. */
  add(folder: string, message: Message<unknown>): number | Refusal {
    const written = this.#rowOf(message, this.#open.get(folder))
    if ('problem' in written) return written
    const { row, schema, because } = written
    const object = this.#objectFor(folder, message, schema, because)
    if ('problem' in object) return object
    const taken = addRow(object, row, message, this.#binding.epoch().tick)
    if (object.fresh.size >= PART && this.#grows(object)) this.#grow(object)
    return taken
  }

  /** At a barrier: close what is due, carry the rest. */
  barrier(barrier: Barrier): void {
    this.#closeFor(barrier)
    this.#carried = [...this.#open.values()]
    for (const object of this.#carried) object.carried = true
  }

  /** Close what is due at this time, by age or idleness, and what is full. */
  closeDue(tick: number): void {
    if (this.#options.rotation) this.#closeFor({ tick, closing: false })
  }

  closeAll(): void {
    for (const object of this.#open.values()) this.#close(object, 'drain')
  }

  /** What the epoch has finished and what it carries; the next one begins. */
  take(): Harvest {
    const [closed, carried] = [this.#closed, this.#carried]
    this.#closed = []
    this.#carried = []
    this.#ordinal = 0
    this.#begun.clear()
    const held = sizeOf(carried) + sizeOf(closed.map(({ closed: { object } }) => object))
    const runs = carried.map((object) => takeRun(object))
    const tokenOf = this.#tokens()
    return {
      held,
      stage: async (bundle, memory) => ({
        objects: await this.#stage(closed, bundle, memory, tokenOf),
        carried: runs.map((run) => this.#carry(run, bundle)),
      }),
    }
  }

  /** The row of a message, and why the folder's open object cannot take it, if it cannot. */
  #rowOf(message: Message<unknown>, open: OpenObject | undefined): Written | Refusal {
    if (open === undefined) return this.#write(message, undefined)
    const { rotation } = isOfLastRecord(open, message) ? NEVER : this.#options
    const fill = { rows: open.rows, bytes: closedSize(open) }
    const full = becauseOfRow(rotation, fill, 0)
    const written = this.#write(message, full ? undefined : open.schema)
    if (full || 'problem' in written) return { ...written, because: full }
    if (written.schema !== open.schema) return { ...written, because: 'schema' }
    const larger = becauseOfRow(rotation, fill, this.#sizeOf(written.row))
    // a new object may have a schema that this one could not have
    return larger ? { ...this.#write(message, undefined), because: larger } : written
  }

  #write(message: Message<unknown>, open: string | undefined): Written | Refusal {
    const { format } = this.#options
    try {
      const schema = format.schema?.(message, open) ?? ''
      return { schema, row: format.row(message, schema) }
    } catch (error) {
      return { problem: messageOf(error) }
    }
  }

  /** The open object that takes a row, after closing the one that cannot; a refusal when there can be none. */
  #objectFor(
    folder: string,
    message: Message<unknown>,
    schema: string,
    because: Because | undefined,
  ): OpenObject | Refusal {
    const open = this.#open.get(folder)
    if (open && !because) return open
    if (open && because) this.#close(open, because)
    const place = `${message.record.offset}/${folder}`
    const nth = this.#begun.get(place) ?? 0
    const { tick } = this.#binding.epoch()
    const fresh = openObject({ folder, nth, schema }, message, tick, this.#frameOf(schema))
    const problem = this.#problemWith(fresh)
    if (problem !== undefined) return { problem }
    this.#begun.set(place, nth + 1)
    this.#open.set(folder, fresh)
    return fresh
  }

  /** Why an object like this cannot be: its name cannot be made of this message, or its key cannot be kept. */
  #problemWith(object: OpenObject): string | undefined {
    try {
      const { key, settings } = this.#named(object)
      return this.#binding.store.problemWith(key) ?? problemWithTags(settings.tags ?? {})
    } catch (error) {
      return messageOf(error)
    }
  }

  /** Only a limit of bytes needs to know. */
  #sizeOf(row: string | Buffer): number {
    return this.#options.rotation?.bytes === undefined
      ? 0
      : Buffer.byteLength(row) + this.#options.format.separator.length
  }

  /** Whether an object goes up while it grows: one that may be carried over a commit does not, since no upload outlives one, nor one that was. */
  #grows({ carried }: OpenObject): boolean {
    const carries = this.#options.rotation !== undefined && this.#binding.carries
    return !carries && !carried
  }

  #closeFor(barrier: { tick: number; closing: boolean }): void {
    for (const object of this.#open.values()) {
      const bytes = closedSize(object)
      const because = becauseOfBarrier(this.#options.rotation, { ...object, bytes }, barrier)
      if (because) this.#close(object, because)
    }
  }

  #close(object: OpenObject, because: Because): void {
    this.#open.delete(object.folder)
    const closed = { object, because, ...(object.named ?? this.#nameNow(object)) }
    if (closedSize(object) < LARGE) this.#closed.push({ closed })
    else this.#closed.push({ closed, leaving: this.#send(closed) })
  }

  /** Send a large object off at once, so that the epoch need not end for want of memory. */
  #send(closed: ClosedObject): Leaving {
    const { memory } = this.#binding
    const options = this.#stageOptions(this.#tokens())
    // its rows in bundles have to be there, and those of others to have left, so that of many objects few are in memory
    const after = Promise.all([this.#leaving, this.#binding.committed()])
    after.catch(() => undefined) // the lane is told of a failed commit by others
    const leaving = send(closed, memory, options, this.#binding, after)
    this.#leaving = leaving.ended.catch(() => undefined)
    return leaving
  }

  #nameNow(object: OpenObject): Named {
    const named = this.#named(object)
    this.#ordinal++
    return named
  }

  /** Valid for the running epoch: the object is published by the commit that ends it, or named anew. */
  #named(object: OpenObject): Named {
    const { lane, instance } = this.#binding
    const { sink, name, format, settings, tagsOf } = this.#options
    const facts: ObjectFacts = {
      pipeline: lane.pipeline,
      instance,
      topic: lane.topic,
      partition: lane.partition,
      lane: idOf(lane),
      commitIndex: this.#binding.epoch().commit,
      ordinal: this.#ordinal,
      firstOffset: object.firstOffset,
      nth: object.nth,
      firstTime: object.firstTime,
      extension: format.extension,
    }
    return {
      key: objectKey(sink, object.folder, name(facts)),
      ordinal: facts.ordinal,
      settings: tagsOf ? { ...settings, tags: tagsOf(facts) } : settings,
    }
  }

  /** Send what has come together as a part. The first one decides the name. */
  #grow(object: OpenObject): void {
    const { size } = object.fresh
    object.named ??= this.#nameNow(object)
    object.growth ??= this.#growthOf(object.named, object.frame)
    object.growth.beginRun()
    object.growth.addRows(object.fresh.take(), size)
  }

  #growthOf({ key, ordinal, settings }: Named, frame: Frame): Growth {
    const { format, compression } = this.#options
    const upload = {
      ...settings,
      metadata: { [TOKEN]: this.#tokens()(ordinal) },
      contentType: format.contentType,
    }
    const { memory } = this.#binding
    return new Growth({ key, frame, compression, upload }, this.#binding, memory)
  }

  #carry({ object, contents, touched, rows, pieces }: Run, bundle: Bundle): CarriedObject {
    if (rows > 0) object.segments = [...object.segments, { ...bundle.add(...pieces), rows }]
    const { folder, nth, opened, firstTime, segments } = object
    return {
      ...contents,
      sink: this.#options.sink,
      folder,
      ...(nth > 0 && { nth }),
      opened,
      touched,
      firstTime,
      segments,
    }
  }

  /** What the running epoch writes into the metadata of its objects: whose they are. */
  #tokens(): (ordinal: number) => string {
    const { instance, lane } = this.#binding
    const { commit, owner } = this.#binding.epoch()
    const { pipeline, topic, partition, stage: which } = lane
    // metadata has to be ASCII
    const sink = encodeURI(this.#options.sink)
    return (ordinal) =>
      [instance, pipeline, topic, partition, which, commit, owner, sink, ordinal].join('/')
  }

  #stageOptions(tokenOf: StageOptions['tokenOf']): StageOptions {
    const { sink, format, compression } = this.#options
    const { contentType } = format
    return { sink, compression, contentType, tokenOf }
  }

  async #stage(
    finished: readonly Finished[],
    bundle: Bundle,
    memory: Account,
    tokenOf: (ordinal: number) => string,
  ): Promise<StagedObject[]> {
    const options = this.#stageOptions(tokenOf)
    for (const { leaving } of finished) leaving?.growth.moveTo(memory)
    if (this.#mayBeTaken)
      await Promise.all(
        finished.map(({ closed: { key, ordinal } }) =>
          checkFree(key, tokenOf(ordinal), this.#binding),
        ),
      )
    const staged: StagedObject[] = []
    for (const { closed, leaving = send(closed, memory, options, this.#binding) } of finished)
      staged.push(await stage(leaving, bundle, memory, this.#binding))
    return staged
  }
}

/** A row, and why the folder's open object cannot take it, if it cannot. */
interface Written {
  readonly row: string | Buffer
  readonly schema: string
  readonly because?: Because | undefined
}

/** Rows of one record that have the same folder are not parted. */
const NEVER = { rotation: undefined }

/** A finished object, and where it left within its epoch. */
interface Finished {
  readonly closed: ClosedObject
  readonly leaving?: Leaving
}

/** What an epoch adds to a carried object, and what the object holds with it: the next epoch already adds to the same object. */
interface Run {
  readonly object: OpenObject
  readonly contents: Contents
  readonly touched: number
  readonly rows: number
  readonly pieces: readonly Buffer[]
}

/** Whether it is one more of the record that the object's last row came from; results come from no record. */
const isOfLastRecord = ({ lastOffset }: OpenObject, { record }: Message<unknown>): boolean =>
  record.offset >= 0 && record.offset === lastOffset

const sizeOf = (objects: readonly OpenObject[]): number =>
  objects.reduce((sum, { fresh }) => sum + fresh.size, 0)

const takeRun = (object: OpenObject): Run => ({
  object,
  contents: contentsOf(object),
  touched: object.touched,
  rows: object.fresh.rows,
  pieces: object.fresh.take(),
})
