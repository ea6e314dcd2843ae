import { SluiceError } from '../../errors.ts'

/** The fields that events of this type can have. */
export type Column<T> = unknown extends T ? string : T extends object ? keyof T & string : never

/** Something that knows its fields: a zod object, or a JSON Schema of an object. */
export type ColumnSchema<C extends string> =
  | { readonly shape: { readonly [name in C]?: unknown } }
  | { readonly properties: { readonly [name in C]?: unknown } }

/** The columns of an object's rows, but for those of the record. */
export interface Columns {
  readonly names: readonly string[]
  /** The names as JSON: how objects and records tell them. */
  readonly schema: string
  has(name: string): boolean
}

const columnsOf = (names: readonly string[]): Columns => {
  const known = new Set(names)
  return { names, schema: JSON.stringify(names), has: (name) => known.has(name) }
}

/**
 * The columns that a user states; undefined where none are.
 *
 * @throws SluiceError 'config' for an empty list, and for a name that is there twice
 */
export function statedColumns(
  format: string,
  columns: readonly string[] | ColumnSchema<string> | undefined,
): Columns | undefined {
  if (columns === undefined) return undefined
  const names = namesIn(columns)
  if (!names || names.length === 0)
    throw new SluiceError(
      'config',
      `columns of ${format} is a list of names, an object schema of zod, or a JSON Schema with properties, and has one at least; leave it out to take those of each object's first event`,
    )
  const repeated = names.find((name, index) => names.indexOf(name) < index)
  if (repeated !== undefined)
    throw new SluiceError('config', `columns of ${format} names ${repeated} twice`)
  return columnsOf(names)
}

function namesIn(columns: readonly string[] | ColumnSchema<string>): readonly string[] | undefined {
  if (Array.isArray(columns)) return columns as readonly string[]
  const fields: unknown =
    'shape' in columns ? columns.shape : (columns as { properties?: unknown }).properties
  return fields !== null && typeof fields === 'object' ? Object.keys(fields) : undefined
}

/** Most lists of columns that are remembered: all objects that are open at a time mostly share theirs. */
const REMEMBERED = 256

/** Reads what `schema` said back, with the latest at hand. */
export function columnsReader(): (schema: string) => Columns {
  const known = new Map<string, Columns>()
  return (schema) => {
    let columns = known.get(schema)
    if (columns === undefined) {
      if (known.size === REMEMBERED) known.clear()
      columns = columnsOf(JSON.parse(schema) as readonly string[])
      known.set(schema, columns)
    }
    return columns
  }
}

/** The columns with those that an event has besides, in its order. */
export function widened(columns: Columns | undefined, event: object): Columns {
  if (columns && strangerIn(event, columns) === undefined) return columns
  const names = new Set([
    ...(columns?.names ?? []),
    ...Object.keys(event).filter((name) => has(event, name)),
  ])
  return columnsOf([...names])
}

/** A field of the event that is no column. */
export function strangerIn(event: object, columns: Columns): string | undefined {
  for (const name of Object.keys(event)) if (!columns.has(name) && has(event, name)) return name
  return undefined
}

/** A field that is undefined is none, as in JSON. */
const has = (event: object, name: string): boolean =>
  (event as Readonly<Record<string, unknown>>)[name] !== undefined
