import type { Duration } from '../duration.ts'
import { SluiceError } from '../errors.ts'

/**
 * When an object is finished: at the first of the limits that it reaches. Without any rotation, at every barrier. Rows of one record that have the
 * same folder are never parted, so that an object is named by its first offset and no other has that name.
 */
export interface Rotation {
  /** Most rows of an object, unless one record alone has more. */
  readonly records?: number
  /** Most bytes of an object before compression, unless one record alone has more. */
  readonly bytes?: number
  /** Time from an object's first row on, to the next barrier. */
  readonly every?: Duration
  /** Time without a new row, to the next barrier. */
  readonly idle?: Duration
}

/** What is in an open object. */
export interface Fill {
  readonly rows: number
  /** As if it were closed now: with header, separators and footer. */
  readonly bytes: number
}

/** How long an object has been open, by the ticks of barriers, in ms. */
export interface Age {
  /** Tick of the barrier before its first row. */
  readonly opened: number
  /** Tick of the barrier before its newest row. */
  readonly touched: number
}

export type RowReason = 'count' | 'size'
export type BarrierReason = RowReason | 'epoch' | 'age' | 'idle' | 'drain'

/**
 * Why the object is to be closed before the next row is added, if it is: never inside a row, and never empty.
 *
 * @param nextBytes what the row would add, with its separator
 */
export function becauseOfRow(
  rotation: Rotation | undefined,
  { rows, bytes }: Fill,
  nextBytes: number,
): RowReason | undefined {
  if (rotation === undefined || rows === 0) return undefined
  if (rotation.records !== undefined && rows >= rotation.records) return 'count'
  if (rotation.bytes !== undefined && bytes + nextBytes > rotation.bytes) return 'size'
  return undefined
}

/** Why the object is to be closed at this barrier; undefined when it is to be carried to the next one. */
export function becauseOfBarrier(
  rotation: Rotation | undefined,
  object: Fill & Age,
  barrier: { readonly tick: number; readonly closing: boolean },
): BarrierReason | undefined {
  if (rotation === undefined) return 'epoch'
  if (rotation.records !== undefined && object.rows >= rotation.records) return 'count'
  if (rotation.bytes !== undefined && object.bytes >= rotation.bytes) return 'size'
  if (rotation.every !== undefined && barrier.tick - object.opened >= rotation.every) return 'age'
  if (rotation.idle !== undefined && barrier.tick - object.touched >= rotation.idle) return 'idle'
  return barrier.closing ? 'drain' : undefined
}

/**
 * Refuse limits that no object can keep.
 *
 * @throws SluiceError `config` that names the option
 */
export function checkRotation(rotation: Rotation): void {
  const limits = Object.entries(rotation).filter(([, limit]) => limit !== undefined)
  if (limits.length === 0)
    throw new SluiceError(
      'config',
      'rotate states no limit: give records, bytes, every or idle, or leave rotate out to finish objects at every commit',
    )
  for (const [name, limit] of limits) checkLimit(name, limit)
}

function checkLimit(name: string, limit: unknown): void {
  const counted = name === 'records' || name === 'bytes'
  const fit = counted ? Number.isSafeInteger(limit) : Number.isFinite(limit)
  if (fit && (limit as number) > 0) return
  const wanted = counted ? 'a whole number from 1' : 'a time above 0 ms'
  throw new SluiceError('config', `rotate.${name} is ${String(limit)}: it has to be ${wanted}`)
}
