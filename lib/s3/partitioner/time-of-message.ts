import { SluiceError } from '../../errors.ts'
import type { Message } from '../../message.ts'
import type { Zone } from '../../zone.ts'
import { type AbsentFolders, type AbsentOptions, absentFolders } from './absent.ts'
import type { FieldValue } from './by-field.ts'
import { isTimeUnit, readEpoch, type TimeUnit } from './epoch-time.ts'
import { fieldOfMessage } from './field-of-message.ts'
import { readIso } from './iso-time.ts'
import { kindOf, type PathOf } from './path.ts'
import { timeText } from './time-text.ts'

/** A time in a field of the event: a number, bigint, text or `Date`. Messages without one are rejected, unless a folder is given for them. */
export interface FieldTime<T> extends AbsentOptions {
  /** Where it lies, such as `login_timestamp` or `meta.at`. */
  readonly field: NoInfer<PathOf<T, FieldValue | Date>>
  /** What it counts since 1970, as a number or as decimal text; `iso` is text in ISO 8601. Either this or `pattern`. */
  readonly unit?: TimeUnit | 'iso'
  /** How its text is written, in the letters of a path: `dd/MMM/yyyy:HH:mm:ss Z`. */
  readonly pattern?: string
}

/** Which time of a message: its event time, the timestamp that the log has for its record, the wall clock as its epoch began, or a field. */
export type TimeBy<T> = 'event' | 'record' | 'tick' | FieldTime<T>

/** A time in ms since the epoch, or the folder of a message without one. @throws TypeError for a message that has none and is to be rejected */
export type TimeOf<T> = (message: Message<T>, tick: number, zone: Zone) => number | string

/** @throws SluiceError 'config' for a time that cannot be had */
export function timeOfMessage<T>(by: TimeBy<T>, locale: string): TimeOf<T> {
  switch (by) {
    case 'event':
      return eventTimeOf
    case 'record':
      return recordTimeOf
    case 'tick':
      return (_, tick) => tick
    default:
      if (typeof by === 'object') return timeOfField(by, locale)
      throw new SluiceError(
        'config',
        `a time is by 'event', 'record', 'tick' or { field, unit }, not by '${String(by)}'`,
      )
  }
}

function eventTimeOf({ time }: Message<unknown>): number {
  if (time !== -Infinity) return time
  throw new TypeError(
    "no event time: put eventTime(…) before the sink, or say { by: 'record' }, { by: 'tick' } or a field",
  )
}

function recordTimeOf({ record }: Message<unknown>): number {
  if (record.timestamp >= 0) return record.timestamp
  throw new TypeError('no timestamp: the log has none for the record')
}

function timeOfField<T>(by: FieldTime<T>, locale: string): TimeOf<T> {
  const { field, missing = 'reject', null: nothing = 'reject', empty = 'reject' } = by
  const place = `by the time in '${field}'`
  const absent: AbsentFolders = absentFolders(place, { missing, null: nothing, empty })
  const read = fieldOfMessage(field)
  const [form, timeIn] = formOf(by, locale)
  return (message, _, zone) => {
    const found = read(message)
    if (found === undefined || found === null || found === '') return absent.of(found)
    const time = found instanceof Date ? found.getTime() : timeIn(found, zone)
    if (time !== undefined) return time
    throw new TypeError(`no folder ${place}: ${shown(found)} is no time in ${form}`)
  }
}

type Form = readonly [name: string, read: (value: unknown, zone: Zone) => number | undefined]

function formOf<T>({ field, unit, pattern }: FieldTime<T>, locale: string): Form {
  if ((unit === undefined) === (pattern === undefined))
    throw new SluiceError(
      'config',
      `the time in '${field}' needs either unit or pattern, not ${unit ? 'both' : 'neither'}`,
    )
  if (pattern !== undefined) {
    const readText = timeText(pattern, locale)
    return [
      pattern,
      (value, zone) => (typeof value === 'string' ? readText(value, zone) : undefined),
    ]
  }
  if (unit === 'iso')
    return [
      'ISO 8601',
      (value, zone) => (typeof value === 'string' ? readIso(value, zone) : undefined),
    ]
  if (unit !== undefined && isTimeUnit(unit)) return [unit, (value) => readEpoch(value, unit)]
  throw new SluiceError(
    'config',
    `the unit of the time in '${field}' is 's', 'ms', 'us', 'ns' or 'iso', not '${unit}'`,
  )
}

function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.slice(0, 40))
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    default:
      return kindOf(value)
  }
}
