import { hasMethods, kindOf } from '../lib/argument-check.ts'
import { SluiceError } from '../lib/errors.ts'
import { type SourceRecord, withValue } from '../lib/message.ts'
import { type Operator, operator } from '../lib/operator.ts'

/** What a key may be made of. `5` and `'5'` are different keys. */
export type Part = string | number | boolean | null

declare const columns: unique symbol

/** Which keys an event has. `C` are the columns by which results say their key. */
export interface Keying<in T, out C> {
  /** One key of all fields joined, or one key for each field that has a value. */
  readonly kind: 'joined' | 'each'
  readonly names: readonly string[]
  readonly partsOf: (event: T, record: SourceRecord) => readonly Part[]
  readonly [columns]?: C
}

/** An event with its keys. */
export interface Keyed<out T, out C> {
  readonly event: T
  readonly kind: 'joined' | 'each'
  /** Names of the parts, shared by all events. */
  readonly names: readonly string[]
  readonly parts: readonly Part[]
  readonly [columns]?: C
}

/** The fields of an event that a key can be made of. */
type PartField<T> = keyof {
  [K in keyof T as string extends K ? never : T[K] extends Part | undefined ? K : never]: never
} &
  string

/** Columns of a result by which `each` says its key. */
const EACH = ['dimension', 'value']

/** A field as a column of the result: a missing one is null. */
type Column<V> = undefined extends V ? Exclude<V, undefined> | null : V

/** One key of several fields joined. A missing field is a part of the key as null. Results have a column for each field. */
export const fields = <T, N extends PartField<T>>(
  ...names: N[]
): Keying<T, { [name in N]: Column<T[name]> }> => ({
  kind: 'joined',
  names,
  partsOf: (event) => partsOf(event, names),
})

/**
 * One key for each of several fields, so that an event counts once in every dimension; one that is null or missing is skipped. Results have the
 * columns `dimension`, the field's name, and `value`.
 */
export const each = <T, N extends PartField<T>>(
  ...names: N[]
): Keying<T, { dimension: N; value: NonNullable<T[N]> }> => ({
  kind: 'each',
  names,
  partsOf: (event) => partsOf(event, names),
})

/**
 * Give every event the key or keys that it is grouped by: `fields(…)`, `each(…)`, or a function that makes one text of it, which results have as
 * the column `key`; it is also handed the record that the event was read from. The message stays one, however many keys it has. An event is rejected when a key field holds an object or a list.
 *
 * Holds nothing; a restart or a duplicate means nothing to it.
 */
export function keyBy<T, C = { key: string }>(
  key: Keying<T, C> | ((event: T, record: SourceRecord) => string),
): Operator<T, Keyed<T, C>> {
  if (typeof key !== 'function' && !hasMethods(key, ['partsOf'])) throw notKey(key)
  const { kind, names, partsOf } = typeof key === 'function' ? byFunction(key) : key
  if (names.length === 0) throw new SluiceError('config', 'keyBy needs the name of a field')
  const repeated = names.find((name, index) => names.indexOf(name) < index)
  if (repeated !== undefined)
    throw new SluiceError('config', `keyBy names the field ${repeated} twice: leave it out once`)
  return operator<T, Keyed<T, C>>(
    'keyBy',
    () => ({
      message(message, out) {
        const { value: event, record } = message
        out.emit(withValue(message, { event, kind, names, parts: partsOf(event, record) }))
      },
    }),
    { columns: kind === 'each' ? EACH : names, meaning: { kind, names } },
  )
}

const byFunction = <T>(
  key: (event: T, record: SourceRecord) => string,
): Keying<T, { key: string }> => ({
  kind: 'joined',
  names: ['key'],
  partsOf: (event, record) => [check('key', key(event, record))],
})

const notKey = (handed: unknown): SluiceError => {
  const name = typeof handed === 'string' ? handed : 'country'
  return new SluiceError(
    'config',
    `keyBy takes fields('${name}'), each('${name}') or a function, not ${kindOf(handed)}`,
  )
}

/** In a loop, since every event comes here. */
function partsOf<T, N extends keyof T & string>(event: T, names: readonly N[]): Part[] {
  const parts: Part[] = []
  for (const name of names) parts.push(check(name, event[name] as Part | undefined))
  return parts
}

function check(name: string, part: Part | undefined): Part {
  if (typeof part === 'string') return part
  if (part === null || part === undefined) return null
  if (typeof part === 'boolean' || Number.isFinite(part)) return part
  throw new TypeError(`${name} must be a text, a number, true, false or null to be a key`)
}
