import type { Bundle } from '../commit/bundle.ts'
import { BECAUSE } from '../commit/publish.ts'
import { OpenTable } from '../commit/open-table.ts'
import type { Because, CarriedObject, OpenRows } from '../commit/record.ts'
import { messageOf } from '../errors.ts'
import type { Account } from '../memory.ts'
import type { Barrier, Message } from '../message.ts'
import type { RestoredRows, SinkBinding, StagedEpoch } from '../sink.ts'
import type { Refusal } from '../sink-stream.ts'
import { CarriedRows, type FreshRows } from './carried-rows.ts'
import { Deadlines } from './deadlines.ts'
import { FinishedObjects, type FinishedOptions } from './finished-objects.ts'
import type { Format } from './format/format.ts'
import { Growth, PART } from './growth.ts'
import { Naming, type NamingOptions } from './naming.ts'
import {
  addRow,
  fillOf,
  type Frame,
  framesOf,
  isCarried,
  joint,
  type Named,
  openObject,
  type OpenObject,
  placeOf,
  reopen,
} from './open-object.ts'
import {
  becauseDone,
  becauseOfBarrier,
  becauseOfRow,
  becauseOfSize,
  type Rotation,
  type Standing,
} from './rotation.ts'

/** Bytes of carried rows that are read back to be sorted after one barrier, as far as they can wait for the next. */
const MOST_SORTED = 32 * 1024 * 1024

/** What an epoch leaves behind in the objects of a sink. */
export interface Harvest {
  /** Bytes of memory that the epoch takes over from the running one. */
  readonly held: number
  stage(bundle: Bundle, memory: Account): Promise<StagedEpoch>
}

/** What all objects of a sink have in common. */
export interface ObjectsOptions extends NamingOptions, FinishedOptions {
  readonly rotation: Rotation | undefined
  readonly format: Format<unknown>
}

/** The objects of a sink that take rows, one for each folder, or for each name in it. */
export class OpenObjects {
  readonly #options: ObjectsOptions
  readonly #binding: SinkBinding
  readonly #frameOf: (schema: string) => Frame
  readonly #naming: Naming
  readonly #finished: FinishedObjects
  /** By folder, and name where it has one; where their number is bounded, the one that took the last row at the end. */
  readonly #open = new Map<string, OpenObject>()
  #newest: OpenObject | undefined
  readonly #deadlines: Deadlines
  /** Those that are carried over commits: as of the last barrier, so that it holds still while an epoch is staged. */
  readonly table: OpenTable<OpenObject>
  readonly #rows: CarriedRows
  /** Carried objects that the running epoch has finished. */
  #closed: OpenObject[] = []
  /** What is open goes on. */
  #carries = false
  /** How many objects of the running epoch begin at a place: what is rejected does not come in the order of the log. */
  readonly #begun = new Map<string, number>()
  #watermark = -Infinity
  /** Where the last span ends that takes no more rows, whatever the watermark. */
  sealed = -Infinity

  constructor(options: ObjectsOptions, binding: SinkBinding) {
    this.#options = options
    this.#binding = binding
    this.#frameOf = framesOf(options.format)
    this.#naming = new Naming(options, binding)
    this.#deadlines = new Deadlines(options.rotation, this.#open)
    this.table = new OpenTable((facts) => reopen(facts, this.#frameOf))
    this.#rows = new CarriedRows((serial) => {
      const object = this.table.get(serial)
      return object && joint(object)
    }, binding)
    this.#finished = new FinishedObjects(options, binding, this.#naming, this.#rows)
  }

  /** Go on with what a record carries, once the table has been read back. */
  restore({ before, runs }: RestoredRows): void {
    for (const object of this.table.values())
      this.#open.set(placeOf(object.folder, object.name), object)
    for (const object of before) this.#restoreBefore(object)
    this.#deadlines.restart()
    this.#rows.restore(runs)
  }

  /** The earliest tick at which one is to be closed though no more rows come; where that is not by now, perhaps an earlier one. */
  due(now: number): number {
    return this.#deadlines.due(now)
  }

  get hasClosed(): boolean {
    return this.#finished.any
  }

  /** Add a message's row to the open object of its folder, and name where it has one; says how many bytes of memory it took. */
  add(folder: string, message: Message<unknown>, name = ''): number | Refusal {
    const open = this.#open.get(placeOf(folder, name))
    const written = this.#rowOf(message, open)
    if ('problem' in written) return written
    const { row, because } = written
    const object =
      open && !because
        ? this.#touch(open)
        : this.#openAnew({ folder, name, open }, message, written)
    if ('problem' in object) return object
    const taken = addRow(object, row, message, this.#binding.epoch().tick)
    this.#binding.placed?.({ sink: this.#options.sink, message, row, number: object.rows, object })
    if (object.fresh.size >= PART && this.#grows(object)) this.#grow(object)
    this.#deadlines.touched(object)
    return taken
  }

  /** Event time has passed this; what that finishes is finished at the next barrier. */
  advance(watermark: number): void {
    this.#watermark = watermark
  }

  /** At a barrier: close what is due, carry the rest. */
  barrier({ tick, closing }: Barrier): void {
    if (closing) this.#seal()
    this.#closeFor({ tick, closing, watermark: this.#watermark })
    this.#carries = true
  }

  /** Close what is due at this time, by age or idleness, and what is full. */
  closeDue(tick: number): void {
    if (this.#options.rotation) this.#closeFor({ tick, closing: false, watermark: this.#watermark })
  }

  closeAll(): void {
    for (const object of this.#open.values()) this.#close(object, 'drain')
  }

  /** What the epoch has finished and what it carries; the next one begins. */
  take(): Harvest {
    this.#begun.clear()
    const fresh = this.#carries ? this.#carry() : []
    const carried = this.#carries ? [...this.#open.values()] : []
    const held = fresh.reduce((sum, { held }) => sum + held, 0)
    const open = summaryOf(carried)
    const before = carried.flatMap(({ before }) => before ?? [])
    const finished = this.#finished.take()
    this.#naming.restart()
    this.#carries = false
    return {
      held: held + finished.held,
      stage: async (bundle, memory) => {
        const objects = await finished.stage(bundle, memory)
        const runs = await this.#rows.add(fresh.splice(0), bundle, memory)
        const stays = this.#options.rotation !== undefined || runs.length > 0
        return { objects, carried: before, ...(stays && { open: { ...open, runs } }) }
      },
    }
  }

  /** Bring the table up to date; what the epoch has added to carried objects. */
  #carry(): (FreshRows & { readonly held: number })[] {
    for (const object of this.#closed) this.table.close(object)
    this.#closed = []
    const fresh = []
    for (const object of this.#open.values()) {
      const { rows, held } = object.fresh
      if (rows === 0 && object.serial > 0) continue
      if (object.serial === 0) object.serial = this.table.next
      this.table.keep(object)
      if (rows > 0) fresh.push({ serial: object.serial, rows, held, pieces: object.fresh.take() })
    }
    return fresh.sort((a, b) => a.serial - b.serial)
  }

  #restoreBefore(object: CarriedObject): void {
    const place = placeOf(object.folder, object.name ?? '')
    const open = this.#open.get(place)
    const { sink: _, segments: __, ...facts } = object
    const isSame = open?.firstOffset === object.firstOffset && open.nth === (object.nth ?? 0)
    const reopened = open && isSame ? open : reopen({ ...facts, serial: 0 }, this.#frameOf)
    reopened.before = object
    this.#open.set(place, reopened)
  }

  /** The row of a message, and why the folder's open object cannot take it, if it cannot. */
  #rowOf(message: Message<unknown>, open: OpenObject | undefined): Written | Refusal {
    if (open === undefined) return this.#write(message, undefined)
    const { rotation } = isOfLastRecord(open, message) ? NEVER : this.#options
    const full = rotation && becauseOfRow(rotation, fillOf(open), message)
    const written = this.#write(message, full ? undefined : open.schema)
    if (full || 'problem' in written) return { ...written, because: full }
    if (written.schema !== open.schema) return { ...written, because: 'schema' }
    if (rotation?.bytes === undefined) return written
    const larger = becauseOfSize(rotation, fillOf(open), this.#sizeOf(written.row))
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

  #sizeOf(row: string | Buffer): number {
    return Buffer.byteLength(row) + this.#options.format.separator.length
  }

  /** A new object for a row, after closing the one that cannot take it; a refusal when there can be none. */
  #openAnew(
    { folder, name, open }: { folder: string; name: string; open: OpenObject | undefined },
    message: Message<unknown>,
    { schema, because }: Written,
  ): OpenObject | Refusal {
    const { rotation, once } = this.#options
    if (because && once?.taken === 'reject') return { problem: isFull(because) }
    if (open && because) this.#close(open, because)
    const place = placeOf(folder, name)
    const begins = `${message.record.offset}/${place}`
    const nth = this.#begun.get(begins) ?? 0
    const { tick } = this.#binding.epoch()
    const since = rotation?.watermark === undefined ? undefined : message.watermark
    const order = once?.span === undefined ? undefined : 'time'
    const beginning = { folder, name, order, nth, schema, since } as const
    const fresh = openObject(beginning, message, tick, this.#frameOf(schema))
    const problem = this.#naming.problemWith(fresh)
    if (problem !== undefined) return { problem }
    this.#evict(message)
    this.#begun.set(begins, nth + 1)
    this.#open.set(place, fresh)
    this.#newest = fresh
    return fresh
  }

  /** It takes the last row: it is the last to be evicted. */
  #touch(object: OpenObject): OpenObject {
    if (this.#options.rotation?.maxOpen === undefined || object === this.#newest) return object
    const place = placeOf(object.folder, object.name)
    this.#open.delete(place)
    this.#open.set(place, object)
    this.#newest = object
    return object
  }

  /** Make room for one more. What is done does not count: a barrier would have finished it. */
  #evict(message: Message<unknown>): void {
    const { rotation } = this.#options
    if (rotation?.maxOpen === undefined || this.#open.size < rotation.maxOpen) return
    for (const object of this.#deadlines.over(message.watermark)) {
      if (isOfLastRecord(object, message)) continue
      const done = becauseDone(rotation, fillOf(object), message.watermark)
      if (done) this.#close(object, done)
    }
    const [oldest] = this.#open.values()
    if (oldest && this.#open.size >= rotation.maxOpen) this.#close(oldest, 'evicted')
  }

  /**
   * Whether an object goes up while it grows: one that may be carried over a commit does not, since no upload outlives one, nor one that was; and no other whose
   * metadata could not say why it was finished, or whose name depends on its end.
   */
  #grows(object: OpenObject): boolean {
    const { rotation, format } = this.#options
    if (this.#naming.isKnownLate) return false
    if (!this.#binding.carries) return true
    return !isCarried(object) && rotation === undefined && format.schema === undefined
  }

  /** Rows for what closes now would find it finished. */
  #seal(): void {
    const { once } = this.#options
    if (once?.taken !== 'reject') return
    for (const { maxTime } of this.#open.values())
      this.sealed = Math.max(this.sealed, once.endOf(maxTime))
  }

  #closeFor(standing: Standing): void {
    let sorted = 0
    for (const object of this.#open.values()) {
      const state = { ...fillOf(object), opened: object.opened, touched: object.touched }
      const because = becauseOfBarrier(this.#options.rotation, state, standing)
      if (!because) continue
      if (object.order !== undefined && isCarried(object)) sorted += object.rowBytes
      if (sorted <= MOST_SORTED || standing.closing) this.#close(object, because)
    }
  }

  #close(object: OpenObject, because: Because): void {
    this.#open.delete(placeOf(object.folder, object.name))
    this.#deadlines.closed(object)
    if (object.serial > 0) this.#closed.push(object)
    this.#finished.add(object, because)
  }

  /** Send what has come together as a part. The first one decides the name. */
  #grow(object: OpenObject): void {
    const { held } = object.fresh
    object.named ??= this.#naming.next(object)
    object.growth ??= this.#growthOf(object)
    object.growth.beginRun()
    object.growth.reserve(held)
    object.growth.addRows(object.fresh.take(), held)
  }

  #growthOf({ named, frame }: OpenObject): Growth {
    const { key, settings } = named as Named
    const { format, compression } = this.#options
    const metadata = {
      ...this.#naming.token(named as Named),
      ...(this.#binding.carries && { [BECAUSE]: 'epoch' }),
    }
    const upload = { ...settings, metadata, contentType: format.contentType }
    return new Growth({ key, frame, compression, upload }, this.#binding, this.#binding.memory)
  }
}

/** A row, and why the folder's open object cannot take it, if it cannot. */
interface Written {
  readonly row: string | Buffer
  readonly schema: string
  readonly because?: Because | undefined
}

/** Rows of one record that have the same folder are not parted for their number, size or time. */
const NEVER = { rotation: undefined }

const isFull = (because: Because): string =>
  `the object of its name cannot take it (${because}), and there is no second one: once({ taken: 'reject' })`

/** Whether it is one more of the record that the object's last row came from; results come from no record. */
const isOfLastRecord = ({ lastOffset }: OpenObject, { record }: Message<unknown>): boolean =>
  record.offset >= 0 && record.offset === lastOffset

const summaryOf = (objects: readonly OpenObject[]): Omit<OpenRows, 'runs'> => ({
  objects: objects.length,
  rows: objects.reduce((sum, { rows }) => sum + rows, 0),
  rowBytes: objects.reduce((sum, { rowBytes }) => sum + rowBytes, 0),
  firstOffset: objects.reduce((low, { firstOffset }) => Math.min(low, firstOffset), Infinity),
})
