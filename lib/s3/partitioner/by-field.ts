import { SluiceError } from '../../errors.ts'
import { type AbsentOptions, absentFolders, MISSING, NULL } from './absent.ts'
import { fieldOfMessage } from './field-of-message.ts'
import { nested } from './nested.ts'
import type { Partitioner } from './partitioner.ts'
import { kindOf, type PathOf } from './path.ts'
import { remembered } from './remembered.ts'
import { segment } from './segment.ts'

/** What a folder can be named after. */
export type FieldValue = string | number | bigint | boolean | null | undefined

export interface ByFieldOptions extends AbsentOptions {
  /** What the folder calls the field. Default: the path as it is written. */
  readonly name?: string
  /** The value alone, without `<name>=`. Default: false. */
  readonly bare?: boolean
  /** Folder of the events without the field, or `'reject'`. Default: `__missing__`. */
  readonly missing?: string
  /** Folder of those where it is null, or `'reject'`. Default: `__HIVE_DEFAULT_PARTITION__`, which Hive, Spark, Athena, Trino and DuckDB read as null. */
  readonly null?: string
  /** Folder of those where it is the empty text, or `'reject'`. Default: `%`. */
  readonly empty?: string
}

/**
 * `<field>=<value>`, by a path such as `country`, `address.city` or `tags.0`. A value's text is escaped by `segment`, so that different texts have
 * different folders, and a text that is the name of an absent value's folder is told apart from it; `5` and `'5'` share one.
 *
 * Remembers some 2,000 values.
 *
 * @throws SluiceError 'config' for a path that is none and options that contradict themselves, when it is built
 * @throws TypeError for a value that is an object or an array, is not to have a folder, or cannot be one; the sink rejects that message
 */
export function byField<T>(
  field: NoInfer<PathOf<T, FieldValue>>,
  {
    name,
    bare = false,
    missing = MISSING,
    null: nothing = NULL,
    empty = segment(''),
  }: ByFieldOptions = {},
): Partitioner<T> {
  const place = `by the field '${field}'`
  if (bare && name !== undefined)
    throw new SluiceError(
      'config',
      `bare and name of byField('${field}') contradict each other: a bare folder has no name, leave one of them out`,
    )
  const absent = absentFolders(place, { missing, null: nothing, empty })
  const read = fieldOfMessage(field)
  const before = bare ? '' : `${segment(name ?? field)}=`
  const folderOf = remembered((value: FieldValue) => {
    const isAbsent = value === undefined || value === null || value === ''
    return before + (isAbsent ? absent.of(value) : absent.apartFrom(String(value)))
  })
  return (message) => {
    const found = read(message)
    if (isFieldValue(found)) return folderOf(found)
    throw new TypeError(`no folder ${place}: the value is ${kindOf(found)}`)
  }
}

/** One folder inside the other, one a field: `byFields('company', 'country')`. */
export function byFields<T>(
  ...fields: readonly [NoInfer<PathOf<T, FieldValue>>, ...NoInfer<PathOf<T, FieldValue>>[]]
): Partitioner<T> {
  const [first, ...others] = fields
  const repeated = fields.find((field, index) => fields.indexOf(field) < index)
  if (repeated !== undefined)
    throw new SluiceError('config', `byFields names ${repeated} twice: leave it out once`)
  return nested(byField<T>(first), ...others.map((field) => byField<T>(field)))
}

function isFieldValue(value: unknown): value is FieldValue {
  const type = typeof value
  return value === null || (type !== 'object' && type !== 'function' && type !== 'symbol')
}
