import { SluiceError } from '../../errors.ts'

/** How many names a path has that are checked at compile time; what comes after them is not. */
type Depth = 5

/**
 * The paths to the values of an event that are `Leaf`, as `address.city` or `tags.0`; a dot or backslash in a name has a backslash before it. Whatever
 * may be null or missing on the way may be so. Of an event whose type is not known, every text.
 */
export type PathOf<T, Leaf, Names extends readonly unknown[] = []> = unknown extends T
  ? string
  : T extends Leaf
    ? never
    : T extends readonly (infer Element)[]
      ? PathFrom<`${number}`, Element, Leaf, Names>
      : T extends object
        ? { [K in keyof T & string]: PathFrom<Escaped<K>, T[K], Leaf, Names> }[keyof T & string]
        : never

/** A name, where a leaf lies there, and the paths that go on from it. */
type PathFrom<Name extends string, V, Leaf, Names extends readonly unknown[]> = unknown extends V
  ? Name | `${Name}.${string}`
  : | (NonNullable<V> extends infer Value ? (Value extends Leaf ? Name : never) : never)
    | (Names['length'] extends Depth
        ? `${Name}.${string}`
        : `${Name}.${PathOf<V, Leaf, [...Names, Name]>}`)

type Escaped<Name extends string> = string extends Name
  ? string
  : EscapedDots<EscapedBackslashes<Name>>

type EscapedBackslashes<Name extends string> = Name extends `${infer Head}\\${infer Tail}`
  ? `${Head}\\\\${EscapedBackslashes<Tail>}`
  : Name

type EscapedDots<Name extends string> = Name extends `${infer Head}.${infer Tail}`
  ? `${Head}\\.${EscapedDots<Tail>}`
  : Name

/**
 * What reads the value at a path; undefined where there is none. Elements of arrays have their index; what every object or array inherits, such as `constructor`
 * or `length`, is missing.
 *
 * @throws SluiceError 'config' for a path that is none
 */
export function reader(path: string): (event: unknown) => unknown {
  const steps = namesOf(path).map(stepTo)
  return (event) => {
    let value = event
    for (const step of steps) value = step(value)
    if (value === undefined) checkFields(event, path)
    return value
  }
}

function stepTo(name: string): (value: unknown) => unknown {
  const isIndex = /^(0|[1-9]\d*)$/.test(name)
  const isInherited = name in Object.prototype
  return (value) => {
    if (typeof value !== 'object' || value === null) return undefined
    if (Array.isArray(value) && !isIndex) return undefined
    if (isInherited && !Object.hasOwn(value, name)) return undefined
    return (value as Readonly<Record<string, unknown>>)[name]
  }
}

function checkFields(event: unknown, path: string): void {
  if (typeof event === 'object' && !ArrayBuffer.isView(event)) return
  throw new TypeError(
    `no fields to read '${path}' from: the event is ${kindOf(event)}, so put parse() before the sink`,
  )
}

function namesOf(path: string): [string, ...string[]] {
  const names = [...path.matchAll(/((?:[^.\\]|\\[.\\])+)(\.(?=.)|$)/gsy)]
  if (names.length === 0 || names.reduce((length, [text]) => length + text.length, 0) < path.length)
    throw new SluiceError(
      'config',
      `'${path}' is no path to a field: names with dots between them, such as address.city or tags.0; a dot in a name is written \\.`,
    )
  return names.map(([, name = '']) => name.replace(/\\(.)/g, '$1')) as [string, ...string[]]
}

/** What a value is, for reasons: with its article. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return ArrayBuffer.isView(value) ? 'bytes' : 'an object'
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}
