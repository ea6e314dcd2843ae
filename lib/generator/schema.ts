import { SluiceError } from '../errors.ts'

/** What a column holds. */
export type ColumnType =
  /** The event's identity and the record's key: another one for every event. Exactly one column. */
  | 'uuid'
  /** The event's time, in ms since the epoch. Exactly one column. */
  | 'timestamp'
  /** `<name>_1` to `<name>_<cardinality>`. */
  | 'string'
  /** From 1 to the cardinality. */
  | 'integer'
  /** Evenly spaced from 0 up to, and without, 100. */
  | 'float'
  /** True and false; always false with a cardinality of 1. */
  | 'boolean'

/** One field of a generated event. */
export interface Column {
  readonly name: string
  readonly type: ColumnType
  /** How many different values it takes, up to 2^32. Left out where every event has its own: `uuid` and `timestamp`. */
  readonly cardinality?: number
}

/** What generated events look like: a column for each field, in their order. */
export interface EventSchema {
  /** The time of the first event, such as `2025-03-17T00:00:00Z`. */
  readonly from: string
  /** How many the first run without services generates. Default: 1,000,000. */
  readonly events?: number
  readonly columns: readonly Column[]
}

const TYPES: readonly string[] = [
  'uuid',
  'timestamp',
  'string',
  'integer',
  'float',
  'boolean',
] satisfies ColumnType[]

const MOST_VALUES = 2 ** 32

/**
 * Refuse what no events can be made of. It comes from a file that people edit, so nothing about it is taken for granted.
 *
 * @param place the file, for messages
 * @throws SluiceError 'config' that names the file and the column
 */
export function checkSchema(schema: unknown, place: string): EventSchema {
  const { from, columns, events } = (schema ?? {}) as Partial<EventSchema>
  if (typeof from !== 'string' || Number.isNaN(Date.parse(from)))
    throw wrong(place, `from is ${String(from)}: it has to be a time such as 2025-03-17T00:00:00Z`)
  if (events !== undefined && !(Number.isSafeInteger(events) && events >= 1))
    throw wrong(place, `events is ${String(events)}: it has to be a whole number of at least 1`)
  if (!Array.isArray(columns)) throw wrong(place, 'columns has to be a list')
  for (const column of columns) checkColumn(column as Column, place)
  const names = (columns as Column[]).map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw wrong(place, `there are two columns ${twice}`)
  for (const type of ['uuid', 'timestamp']) {
    const found = (columns as Column[]).filter((column) => column.type === type).length
    if (found !== 1) throw wrong(place, `${found} columns have the type ${type}: it has to be one`)
  }
  return { from, columns, ...(events !== undefined && { events }) }
}

function checkColumn(column: Column, place: string): void {
  const { name, type, cardinality } = column
  if (typeof name !== 'string' || name === '') throw wrong(place, 'a column has no name')
  if (!TYPES.includes(type))
    throw wrong(place, `the type of ${name} is ${type}: it has to be one of ${TYPES.join(', ')}`)
  if (type === 'uuid' || type === 'timestamp') return
  if (Number.isSafeInteger(cardinality) && cardinality! >= 1 && cardinality! <= MOST_VALUES) return
  throw wrong(
    place,
    `the cardinality of ${name} is ${cardinality}: it has to be a whole number from 1 to ${MOST_VALUES}`,
  )
}

const wrong = (place: string, problem: string): SluiceError =>
  new SluiceError('config', `${place}: ${problem}`)
