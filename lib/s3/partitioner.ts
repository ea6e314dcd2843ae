import type { Message } from '../message.ts'

/**
 * The folder that a message's row goes to, as `a/b` without a slash at either end; `''` is the sink's prefix itself. A pure function of the message and `tick`, the
 * wall clock in ms at the first record of its epoch, which the commit records.
 */
export type Partitioner<in T> = (message: Message<T>, tick: number) => string

/** What a folder can be named after. */
export type FieldValue = string | number | bigint | boolean | null | undefined

export interface HourlyOptions {
  /** The message's event time (default), or the log's timestamp of its record, which is -1, in 1969, where the log has none. */
  readonly by?: 'event' | 'record'
}

/** What Hive, Spark, Athena, Trino and DuckDB read back as null. */
const NULL = '__HIVE_DEFAULT_PARTITION__'

/** Most folders that a partitioner remembers: every message asks for one, and few are new. */
const REMEMBERED = 256

/** More characters than any key has room for. */
const TOO_LONG = 1_024

const HOUR = 3_600_000

/**
 * `year=YYYY/month=MM/day=DD/hour=HH`, the UTC hour that a message's time lies in.
 *
 * @throws TypeError when a message has no such time; the sink rejects that message.
 */
export function hourly({ by = 'event' }: HourlyOptions = {}): Partitioner<unknown> {
  const folderOf = remembered(folderOfHour)
  return by === 'record'
    ? ({ record }) => folderOf(Math.floor(record.timestamp / HOUR))
    : ({ time }) => folderOf(Math.floor(time / HOUR))
}

/**
 * `<field>=<value>`. A character that a path, a file system or a reader of such folders could take for something else becomes `%XX`
 * for each byte of its UTF-8; an empty text becomes `%`, null and undefined `__HIVE_DEFAULT_PARTITION__`.
 *
 * @throws TypeError for a text of over 1,024 characters, which no key can hold; the sink rejects that message.
 */
export function byField<F extends string>(
  field: F,
): Partitioner<{ readonly [name in F]: FieldValue }> {
  const name = escaped(field)
  const folderOf = remembered((value: FieldValue) => `${name}=${segmentOf(value)}`)
  return ({ value }) => folderOf(value[field])
}

type Partitioners = readonly [Partitioner<never>, ...Partitioner<never>[]]

type Nested<P extends Partitioners> =
  P[number] extends Partitioner<infer T> ? Partitioner<T> : never

/** One folder inside the other, the first one outermost: `nested(byField('country'), hourly())`. */
export function nested<P extends Partitioners>(...partitioners: P): Nested<P>
export function nested(...partitioners: Partitioner<unknown>[]): Partitioner<unknown> {
  return partitioners.reduceRight((inner, outer) => insideOf(outer, inner))
}

function insideOf(outer: Partitioner<unknown>, inner: Partitioner<unknown>): Partitioner<unknown> {
  const join = remembered((head: string) => remembered((tail: string) => joined(head, tail)))
  return (message, tick) => join(outer(message, tick))(inner(message, tick))
}

const joined = (head: string, tail: string): string =>
  head === '' || tail === '' ? head + tail : `${head}/${tail}`

function folderOfHour(hour: number): string {
  const start = new Date(hour * HOUR)
  if (Number.isNaN(start.getTime()))
    throw new TypeError(
      `hourly() needs a time and this message has none: put eventTime(…) before the sink, or say hourly({ by: 'record' })`,
    )
  const year = String(start.getUTCFullYear()).padStart(4, '0')
  return `year=${year}/month=${two(start.getUTCMonth() + 1)}/day=${two(start.getUTCDate())}/hour=${two(start.getUTCHours())}`
}

const two = (n: number): string => String(n).padStart(2, '0')

function segmentOf(value: FieldValue): string {
  if (value === null || value === undefined) return NULL
  const text = String(value)
  if (text.length > TOO_LONG)
    throw new TypeError(
      `a folder cannot be named after ${text.length} characters that begin with ${text.slice(0, 40)}`,
    )
  return escaped(text)
}

/** Reversible and one to one; every result is a whole segment of a path. */
function escaped(text: string): string {
  if (text === '') return '%'
  if (text === '.' || text === '..') return text.replaceAll('.', '%2E')
  return text.replace(/[%/\\=+:*?"<>|\p{Cc}]/gu, percentEncoded)
}

const percentEncoded = (character: string): string =>
  Buffer.from(character).toString('hex').toUpperCase().replace(/../g, '%$&')

/** The same function, with its latest results at hand. */
function remembered<A, R>(compute: (argument: A) => R): (argument: A) => R {
  const results = new Map<A, R>()
  return (argument) => {
    const known = results.get(argument)
    if (known !== undefined) return known
    const result = compute(argument)
    if (results.size === REMEMBERED) results.clear()
    results.set(argument, result)
    return result
  }
}
