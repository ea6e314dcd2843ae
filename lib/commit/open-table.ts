import type { Delta, Store } from '../state/store.ts'
import type { OpenFacts } from './record.ts'

/** Memory that an open object takes beside its folder's name, in bytes. Measured. */
export const OPEN_OBJECT = 600

/** An open object that is carried over commits. */
export interface Carried extends OpenFacts {
  /** Unique among all that the sink has ever carried in this lane, and higher than of those before. */
  readonly serial: number
}

type Time = number | '+' | '-'

/** What changes with every row. */
type Fill = [
  rows: number,
  rowBytes: number,
  lastOffset: number,
  minTime: Time,
  maxTime: Time,
  touched: number,
]

/** What an object has begun with. */
type Beginning = [
  folder: string,
  name: string,
  order: 'time' | null,
  nth: number,
  /** Which of `Change.schemas`. */
  schema: number,
  firstOffset: number,
  opened: number,
  firstTime: Time,
  since: Time | null,
]

type Entry = [serial: number, ...Fill] | [serial: number, ...Fill, ...Beginning]

/** What a delta says, as JSON. */
interface Change {
  /** Serial of the next object. */
  readonly next: number
  readonly closed: readonly number[]
  /** Many objects share one. */
  readonly schemas: readonly string[]
  /** Those that are new with all there is, others with what has changed, in the order of their last rows. */
  readonly open: readonly Entry[]
}

/**
 * What a sink knows of its carried objects, as state of its lane: a commit writes down what its epoch has changed. In the order in which they took their last
 * rows, epoch by epoch, so that a restart evicts none but the least recently used either.
 */
export class OpenTable<T extends Carried> implements Store {
  readonly format = 'open objects/1'
  readonly horizon = -Infinity
  readonly #make: (facts: Carried) => T
  readonly #open = new Map<number, T>()
  /** Whether each is new. */
  readonly #changed = new Map<T, boolean>()
  #closed: number[] = []
  #next = 1
  #names = 0

  /** @param make called for each object that is read back */
  constructor(make: (facts: Carried) => T) {
    this.#make = make
  }

  /** Carried objects. */
  get size(): number {
    return this.#open.size
  }

  get memory(): number {
    return this.#open.size * OPEN_OBJECT + this.#names
  }

  /** Serial of the next object that is carried. */
  get next(): number {
    return this.#next
  }

  get(serial: number): T | undefined {
    return this.#open.get(serial)
  }

  /** Those that are carried. */
  values(): Iterable<T> {
    return this.#open.values()
  }

  /** It has taken rows in the epoch that ends, or was opened in it: its serial is `next` then. */
  keep(object: T): void {
    const isNew = !this.#open.delete(object.serial)
    if (isNew) {
      this.#next = object.serial + 1
      this.#names += nameBytes(object)
    }
    this.#open.set(object.serial, object)
    this.#changed.set(object, isNew)
  }

  /** It is finished. */
  close(object: T): void {
    if (!this.#open.delete(object.serial)) return
    this.#names -= nameBytes(object)
    this.#closed.push(object.serial)
  }

  delta(): Delta | undefined {
    if (this.#changed.size + this.#closed.length === 0) return undefined
    return this.#write(this.#changed, this.#closed)
  }

  base(): Delta {
    return this.#write(new Map([...this.#open.values()].map((object) => [object, true])), [])
  }

  apply(bytes: Uint8Array): void {
    const { next, closed, schemas, open } = JSON.parse(Buffer.from(bytes).toString()) as Change
    for (const serial of closed) {
      const object = this.#open.get(serial)
      if (object) this.close(object)
    }
    for (const entry of open) this.keep(this.#objectOf(entry, schemas))
    this.#next = next
    this.#changed.clear()
    this.#closed = []
  }

  #write(objects: ReadonlyMap<T, boolean>, closed: readonly number[]): Delta {
    const schemas = new Map<string, number>()
    const open = [...objects].map(([object, isNew]) => entryOf(object, isNew, schemas))
    const change: Change = { next: this.#next, closed, schemas: [...schemas.keys()], open }
    const bytes = Buffer.from(JSON.stringify(change))
    this.#changed.clear()
    this.#closed = []
    return { bytes }
  }

  #objectOf(entry: Entry, schemas: readonly string[]): T {
    const [serial, rows, rowBytes, lastOffset, minTime, maxTime, touched] = entry
    const fill = {
      rows,
      rowBytes,
      lastOffset,
      minTime: timeOf(minTime),
      maxTime: timeOf(maxTime),
      touched,
    }
    const known = this.#open.get(serial)
    if (known) return Object.assign(known, fill)
    const [folder, name, order, nth, schema, firstOffset, opened, firstTime, since] = entry.slice(
      7,
    ) as Beginning
    return this.#make({
      serial,
      ...fill,
      folder,
      ...(name !== '' && { name }),
      ...(order && { order }),
      nth,
      schema: schemas[schema] ?? '',
      firstOffset,
      opened,
      firstTime: timeOf(firstTime),
      ...(since !== null && { since: timeOf(since) }),
    })
  }
}

function entryOf(object: Carried, isNew: boolean, schemas: Map<string, number>): Entry {
  const { serial, rows, rowBytes, lastOffset, minTime, maxTime, touched } = object
  const changing: [number, ...Fill] = [
    serial,
    rows,
    rowBytes,
    lastOffset,
    written(minTime),
    written(maxTime),
    touched,
  ]
  if (!isNew) return changing
  const { folder, name = '', order = null, nth = 0, schema = '' } = object
  const { firstOffset, opened, firstTime, since } = object
  if (!schemas.has(schema)) schemas.set(schema, schemas.size)
  const beginning: Beginning = [
    folder,
    name,
    order,
    nth,
    schemas.get(schema) as number,
    firstOffset,
    opened,
    written(firstTime),
    since === undefined ? null : written(since),
  ]
  return [...changing, ...beginning]
}

/** JSON has no infinities; times have. */
const written = (time: number): Time => (Number.isFinite(time) ? time : time > 0 ? '+' : '-')

const timeOf = (time: Time): number =>
  typeof time === 'number' ? time : time === '+' ? Infinity : -Infinity

/** Two bytes a unit at the most. */
const nameBytes = ({ folder, name = '' }: Carried): number => 2 * (folder.length + name.length)
