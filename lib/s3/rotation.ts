import type { Duration } from '../duration.ts'
import { periodEnd } from './period.ts'

/**
 * When an object is finished: at the first of the limits that it reaches, each object by itself. Without any rotation, at every barrier. Rows of one record that
 * have the same folder are not parted by `records`, `bytes`, `span` and `watermark`.
 *
 * `records`, `bytes`, `span`, `watermark` and `maxOpen` are judged row by row: they make the same objects whenever epochs end. `every` and `idle` are judged by the
 * wall clock, at barriers.
 */
export interface Rotation {
  /** Most rows of an object, unless one record alone has more. */
  readonly records?: number
  /** Most bytes of an object before compression, unless one record alone has more. */
  readonly bytes?: number
  /** Time from an object's first row on, to the next barrier. */
  readonly every?: Duration
  /** `every` counts from midnight instead: an object of `minutes(10)` ends at 12:10, 12:20 and so on. It has to divide a day. */
  readonly aligned?: boolean
  /** Whose midnight, as `Europe/Berlin`: for `aligned` and `watermark`. UTC, unless said otherwise. */
  readonly zone?: string
  /** Time without a new row, to the next barrier. */
  readonly idle?: Duration
  /** Event time: a row as much newer than an object's first finishes it, and begins another one. An older row finishes nothing. */
  readonly span?: Duration
  /**
   * How long the folders are that `partitionBy` makes, in event time from midnight on: an object is finished when the lane's watermark has passed the end of what it
   * holds. Rows that come later share an object of their own, which stays open for as long again.
   */
  readonly watermark?: Duration
  /** Most objects that are open at a time in a lane: one more finishes the one whose last row came before all others'. */
  readonly maxOpen?: number
}

/** What is in an open object. */
export interface Fill {
  readonly rows: number
  /** As if it were closed now: with header, separators and footer. */
  readonly bytes: number
  /** Event times of its first row and of its newest. */
  readonly firstTime: number
  readonly maxTime: number
  /** The watermark when its first row came; absent where nothing asks for it. */
  readonly since?: number | undefined
}

/** How long an object has been open, by the ticks of barriers, in ms. */
export interface Age {
  /** Tick of the barrier before its first row. */
  readonly opened: number
  /** Tick of the barrier before its newest row. */
  readonly touched: number
}

/** What a row is judged by, before it is written. */
export interface Coming {
  readonly time: number
  readonly watermark: number
}

/** How an object stands at a barrier. */
export interface Standing {
  readonly tick: number
  readonly closing: boolean
  /** The lane's. */
  readonly watermark: number
}

export type RowReason = 'count' | 'size' | 'span' | 'watermark'
export type BarrierReason = 'count' | 'size' | 'watermark' | 'epoch' | 'age' | 'idle' | 'drain'

/** Why the object is to be closed before the next row is added, whatever its size, if it is; never an empty one. */
export function becauseOfRow(
  rotation: Rotation | undefined,
  object: Fill,
  { time, watermark }: Coming,
): RowReason | undefined {
  if (rotation === undefined || object.rows === 0) return undefined
  // first what a barrier before the row would have said
  const done = becauseDone(rotation, object, watermark)
  if (done) return done
  const { span } = rotation
  const { firstTime } = object
  return span !== undefined && Number.isFinite(firstTime) && time - firstTime >= span
    ? 'span'
    : undefined
}

/**
 * Why the object is to be closed before the next row is added, because of its size, if it is: never inside a row, and never empty.
 *
 * @param nextBytes what the row would add, with its separator
 */
export function becauseOfSize(
  rotation: Rotation | undefined,
  { rows, bytes }: Pick<Fill, 'rows' | 'bytes'>,
  nextBytes: number,
): 'size' | undefined {
  const { bytes: most = Infinity } = rotation ?? {}
  return rows > 0 && bytes + nextBytes > most ? 'size' : undefined
}

/** Why no row of another record can be added to the object any more, if none can: the next one would finish it, whatever it is. */
export function becauseDone(
  rotation: Rotation,
  object: Fill,
  watermark: number,
): 'count' | 'size' | 'watermark' | undefined {
  const { records = Infinity, bytes = Infinity } = rotation
  if (object.rows >= records) return 'count'
  if (object.bytes >= bytes) return 'size'
  return hasPassed(rotation, object, watermark) ? 'watermark' : undefined
}

/** Why the object is to be closed at this barrier; undefined when it is to be carried to the next one. */
export function becauseOfBarrier(
  rotation: Rotation | undefined,
  object: Fill & Age,
  { tick, closing, watermark }: Standing,
): BarrierReason | undefined {
  if (rotation === undefined) return 'epoch'
  const done = becauseDone(rotation, object, watermark)
  if (done) return done
  if (tick >= ageEnd(rotation, object.opened)) return 'age'
  if (tick >= idleEnd(rotation, object.touched)) return 'idle'
  return closing ? 'drain' : undefined
}

/** The tick at which an object is to be closed though no more rows come; `Infinity` for none. */
export const dueOf = (rotation: Rotation | undefined, { opened, touched }: Age): number =>
  rotation === undefined ? Infinity : Math.min(ageEnd(rotation, opened), idleEnd(rotation, touched))

function ageEnd({ every, aligned = false, zone }: Rotation, opened: number): number {
  if (every === undefined) return Infinity
  return aligned ? periodEnd(opened, every, zone) : opened + every
}

const idleEnd = ({ idle = Infinity }: Rotation, touched: number): number => touched + idle

/** Whether the watermark has passed the end of what the object holds; what came late waits for another period. The end of a finite run is no time. */
const hasPassed = (rotation: Rotation, object: Fill, watermark: number): boolean =>
  watermark !== Infinity && watermark >= passesAt(rotation, object)

/** The watermark that finishes the object; `Infinity` for none. */
export function passesAt(
  { watermark: period, zone }: Rotation,
  { maxTime, since = -Infinity }: Pick<Fill, 'maxTime' | 'since'>,
): number {
  if (period === undefined) return Infinity
  const newest = Math.max(maxTime, since)
  return Number.isFinite(newest) ? periodEnd(newest, period, zone) : Infinity
}
