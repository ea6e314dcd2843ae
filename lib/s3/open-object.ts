import type { Carried } from '../commit/open-table.ts'
import type { Because, CarriedObject, Contents } from '../commit/record.ts'
import type { Message } from '../message.ts'
import type { ObjectSettings } from '../ports.ts'
import type { Format } from './format/format.ts'
import type { Growth } from './growth.ts'
import { RowBuffer } from '../row-buffer.ts'
import { TIMED_HEAD, timedRow } from '../timed-row.ts'
import type { Fill } from './rotation.ts'

/** The bytes of an object around its rows. */
export interface Frame {
  readonly header: Buffer
  readonly separator: Buffer
  readonly footer: Buffer
}

/** Frames by schema. Objects that are open at a time mostly share theirs: the newest is at hand. */
export function framesOf(format: Format<never>): (schema: string) => Frame {
  const separator = Buffer.from(format.separator)
  const footer = Buffer.from(format.footer)
  let newest: { schema: string; frame: Frame } | undefined
  return (schema) => {
    if (newest?.schema !== schema)
      newest = { schema, frame: { header: Buffer.from(format.header(schema)), separator, footer } }
    return newest.frame
  }
}

/** Mutable twin of `Contents`. */
type Filling = { -readonly [name in keyof Omit<Contents, 'schema' | 'order'>]: Contents[name] }

/**
 * An object that takes rows. Its earlier rows may be in bundles (when it has been carried over barriers) or on their way in an upload (`growth`, when its sink
 * carries nothing); the newest are in `fresh`.
 */
export interface OpenObject extends Filling {
  readonly folder: string
  /** What it will be called, before anything is added to that; '' where only its folder tells. */
  readonly name: string
  /** How its rows are sorted when it is finished. */
  readonly order: Contents['order']
  readonly schema: string
  readonly frame: Frame
  /** Which of the folder's objects that begin with its first offset it is. */
  readonly nth: number
  readonly opened: number
  readonly firstTime: number
  /** The watermark when its first row came, where its rotation asks for it. */
  readonly since: number | undefined
  touched: number
  /** From the first barrier at which it was open: rows of it are, or are about to be, in a bundle. 0 before. */
  serial: number
  /** Rows that were written in an earlier version's way, which come before all others. */
  before: CarriedObject | undefined
  readonly fresh: RowBuffer
  growth: Growth | undefined
  /** Once its upload has begun, its name stands. */
  named: Named | undefined
}

/** What is decided when an object gets its name. */
export interface Named {
  readonly key: string
  readonly ordinal: number
  readonly settings: ObjectSettings
}

/** A finished object: nothing is added to it any more, and it waits to be staged. */
export interface ClosedObject extends Named {
  readonly object: OpenObject
  readonly because: Because
}

/** What is decided before its first row is added. */
type Beginning = Pick<OpenObject, 'folder' | 'name' | 'order' | 'nth' | 'schema' | 'since'>

/** Where rows come together: no two objects are open in one place. */
export const placeOf = (folder: string, name: string): string =>
  name === '' ? folder : `${folder}/${name}`

const NOTHING = Buffer.alloc(0)

export function openObject(
  { folder, name, order, nth, schema, since }: Beginning,
  first: Message<unknown>,
  tick: number,
  frame: Frame,
): OpenObject {
  return {
    folder,
    name,
    order,
    schema,
    frame,
    nth,
    opened: tick,
    touched: tick,
    firstTime: first.time,
    since,
    rows: 0,
    rowBytes: 0,
    firstOffset: first.record.offset,
    lastOffset: first.record.offset,
    minTime: Infinity,
    maxTime: -Infinity,
    serial: 0,
    before: undefined,
    fresh: bufferOf(frame, order, name),
    growth: undefined,
    named: undefined,
  }
}

/** Go on with an object that a record carries. */
export function reopen(carried: Carried, frameOf: (schema: string) => Frame): OpenObject {
  const { schema = '', name = '', order, nth = 0, since, ...rest } = carried
  const frame = frameOf(schema)
  return {
    ...rest,
    name,
    order,
    schema,
    frame,
    nth,
    since,
    before: undefined,
    fresh: bufferOf(frame, order, name),
    growth: undefined,
    named: undefined,
  }
}

/** What stands between two rows in a bundle: those that are still to be sorted are not separated. */
export const joint = ({ frame, order }: Pick<OpenObject, 'frame' | 'order'>): Buffer =>
  order === undefined ? frame.separator : NOTHING

/** Memory that an object with a name of its own takes besides its rows until it is visible, in bytes: mostly they are many and small, and each has its place in the commit's record. */
const NAMED = 8 * 1024

const bufferOf = (frame: Frame, order: OpenObject['order'], name: string): RowBuffer =>
  new RowBuffer(joint({ frame, order }), name === '' ? undefined : NAMED)

/** Add a row; says how many bytes of memory that takes. */
export function addRow(
  object: OpenObject,
  row: string | Buffer,
  { time, record }: Message<unknown>,
  tick: number,
): number {
  const { fresh, order } = object
  const { held } = fresh
  const added = fresh.add(order === 'time' ? timedRow(row, time, record.offset) : row)
  // the separator before it, where the buffer has none: what came earlier is in bundles or on its way, or is still to be sorted
  const isApart = object.rows > 0 && (order === 'time' || fresh.rows === 1)
  object.rows++
  object.rowBytes += added - (order === 'time' ? TIMED_HEAD : 0)
  if (isApart) object.rowBytes += object.frame.separator.length
  if (record.offset > object.lastOffset) object.lastOffset = record.offset
  object.touched = tick
  if (time < object.minTime) object.minTime = time
  if (time > object.maxTime) object.maxTime = time
  return fresh.held - held
}

/** Whether rows of it are in bundles. */
export const isCarried = ({ serial, before }: OpenObject): boolean =>
  serial > 0 || before !== undefined

/** What the object would measure if it were closed now. */
export const closedSize = ({ rowBytes, frame }: OpenObject): number =>
  frame.header.length + rowBytes + frame.footer.length

export const fillOf = (object: OpenObject): Fill => ({
  rows: object.rows,
  bytes: closedSize(object),
  firstTime: object.firstTime,
  maxTime: object.maxTime,
  since: object.since,
})

export const contentsOf = (object: OpenObject): Contents => ({
  rows: object.rows,
  rowBytes: object.rowBytes,
  firstOffset: object.firstOffset,
  lastOffset: object.lastOffset,
  minTime: object.minTime,
  maxTime: object.maxTime,
  ...(object.schema !== '' && { schema: object.schema }),
  ...(object.order && { order: object.order }),
})
