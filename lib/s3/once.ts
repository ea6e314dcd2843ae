import { days, type Duration } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import type { Message } from '../message.ts'
import { kindOf } from './partitioner/path.ts'
import { segment } from './partitioner/segment.ts'
import { periodEnd } from './period.ts'
import type { Rotation } from './rotation.ts'

export interface OnceOptions<in T> {
  /** The name without its extension: one for all objects, or a pure function of the message. Escaped as folders are. */
  readonly of: string | ((message: Message<T>) => string)
  /** How much event time a name stands for, counted from midnight UTC: what has the name within it shares an object. Has to divide a day. Without it every record has an object of its own. */
  readonly span?: Duration
  /**
   * Where a row goes that comes when the name is taken: to `name.2`, `name.3` …; to `name.late-1`, `name.late-2` …; or to the rejected flow, with the reason. The last
   * two need a span. `'late'` where there is one, else `'number'`.
   */
  readonly taken?: Taken
}

export type Taken = 'number' | 'late' | 'reject'

/** What tells the objects of one name apart. */
export interface NamedRows {
  readonly name: string
  readonly firstTime: number
  /** The watermark when the first row came. */
  readonly since: number | undefined
}

/** Most bytes of an object before compression: its rows are sorted in memory. */
const MOST_BYTES = 8 * 1024 * 1024

/**
 * Names without lane and commit in them, `order_data.json` or `abc123-2014-11-15-13-32-43.txt`, each of them for an object that is written once and never again. Only
 * for records of a topic that is keyed by what tells the names apart, since two partitions must not have one name in common: the pipeline says so by `keyedBy`.
 *
 * With a span, an object is finished when the watermark has passed the end of its span, and its rows are sorted by event time, then offset: that needs `eventTime`.
 * Its rows wait in bundles until then, and all of them, at most 8 MiB, are in memory when it is finished; what goes beyond is for the next free name, or rejected.
 * Which name is free is asked of the store before the commit that lists it. After a restart the answer is the same, and a duplicate is one more row.
 *
 * @throws SluiceError 'config' for options that contradict themselves
 */
export function once<T>(options: OnceOptions<T>): Once<T> {
  return new Once(options)
}

export class Once<in T> {
  readonly rotation: Rotation
  readonly span: Duration | undefined
  readonly taken: Taken
  /** The option that asks for event time, if it does. */
  readonly needsEventTime: string | undefined
  readonly #of: OnceOptions<T>['of']

  constructor({ of, span, taken = span === undefined ? 'number' : 'late' }: OnceOptions<T>) {
    check({ of, span, taken })
    this.#of = typeof of === 'string' ? segment(of) : of
    this.span = span
    this.needsEventTime = span === undefined ? undefined : 'the span of once'
    this.taken = taken
    this.rotation = {
      bytes: MOST_BYTES,
      ...(span === undefined ? { records: 1 } : { watermark: span }),
    }
  }

  /**
   * What the object of a message is called, before anything is added to it.
   *
   * @throws TypeError when the message is to be rejected
   */
  nameOf(message: Message<T>): string {
    if (this.taken === 'reject') this.#checkTime(message)
    if (typeof this.#of === 'string') return this.#of
    const name: unknown = this.#of(message)
    if (typeof name === 'string') return segment(name)
    throw new TypeError(`once() gave no name: its answer is ${kindOf(name)}`)
  }

  /** The nth name, from 0, that an object may have, if there are as many. */
  candidate(object: NamedRows, nth: number): string | undefined {
    const { name } = object
    const number = this.#isLate(object) ? nth + 1 : nth
    if (number === 0) return name
    if (this.taken === 'reject') return undefined
    return this.taken === 'late' ? `${name}.late-${number}` : `${name}.${number + 1}`
  }

  /** Where the span ends that holds a time; never, where there is no span. */
  endOf(time: number): number {
    return this.span === undefined ? Infinity : periodEnd(time, this.span)
  }

  /** It begins after its span, so that the name itself is not its own, whether somebody has it or not. */
  #isLate({ firstTime, since = -Infinity }: NamedRows): boolean {
    return this.taken === 'late' && since >= this.endOf(firstTime)
  }

  #checkTime({ time, watermark }: Message<T>): void {
    const end = this.endOf(time)
    if (watermark < end) return
    throw new TypeError(
      `late: the object of its time is finished, since event time has passed ${new Date(end).toISOString()}`,
    )
  }
}

function check({ of, span, taken }: OnceOptions<never>): void {
  if (of === '') throw wrong('of', 'is empty: give it the name of an object without its extension')
  if (span !== undefined && !(Number.isSafeInteger(span) && span > 0 && days(1) % span === 0))
    throw wrong(
      'span',
      `is ${span} ms, which does not divide a day, and spans count from midnight: take seconds(1), minutes(1) or hours(1)`,
    )
  if (span === undefined && taken !== 'number')
    throw wrong(
      `taken: '${taken}'`,
      "needs a span, since nothing tells what is late without one: give span, or take taken: 'number'",
    )
}

const wrong = (option: string, what: string): SluiceError =>
  new SluiceError('config', `${option} of once ${what}`)
