import { Barrier, Chunk, type Item, type Message, Watermark } from '../message.ts'
import { nowhere } from '../plain.ts'

const DAY = '2024-01-01'

const hasZone = /(Z|[+-]\d\d:?\d\d)$/i

/**
 * A time of day of the test's only day: `'09:00'`, `'09:00:30'`, `'09:00:30.250'`. Or a whole ISO time, `'2024-03-01T09:00'`. In UTC, unless it states
 * another zone. In ms since the epoch.
 *
 * @throws TypeError for what is no time
 */
export const clock = (time: string): number => {
  const whole = time.includes('T') ? time : `${DAY}T${time}`
  const ms = Date.parse(hasZone.test(whole) ? whole : `${whole}Z`)
  if (Number.isNaN(ms)) throw new TypeError(`not a time: ${time}`)
  return ms
}

/** Where a message was read, as far as a test cares. */
export interface Origin {
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly timestamp?: number
  readonly key?: string | Buffer | null
  readonly headers?: Readonly<Record<string, string>>
  readonly bytes?: Buffer | null
}

/**
 * An event at this time of day. Fed to an operator it is a message with this value and event time; fed into a pipeline, a record that its producer
 * writes when it is that time on the wall: JSON, or the bytes themselves where the value is a string, a Buffer or null.
 */
export const at = <T>(time: string, value: T, origin: Origin = {}): Message<T> => {
  const { key = null, headers, ...rest } = origin
  return {
    value,
    time: clock(time),
    watermark: -Infinity,
    record: {
      ...nowhere,
      topic: 'test',
      ...rest,
      key: typeof key === 'string' ? Buffer.from(key) : key,
      headers: headers && bytesOf(headers),
    },
    index: 0,
    verbatim: false,
  }
}

const bytesOf = (headers: Readonly<Record<string, string>>): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]))

/** A watermark at this time of day. */
export const watermark = (time: string): Watermark => new Watermark(clock(time))

/**
 * A barrier: what came before is committed. To an operator it comes at this time of day; a pipeline has a clock of its own, which goes on until all that
 * came before is committed, and visible in the bucket and in topics, whatever faults there are. What is still missing after a day fails the run.
 */
export const barrier = (time = '12:00'): Barrier => new Barrier(clock(time))

/** The process is gone at once, as by `kill -9`: what is not committed is forgotten. */
export class Crash {
  readonly item = 'crash'
}

/** Another process takes over: reads what is committed, and goes on from there. */
export class Restart {
  readonly item = 'restart'
}

/** `kill -9` at this point of the input. Without a `restart` after it nobody takes over. */
export const crash = (): Crash => new Crash()

/** A new process at this point of the input; where none has crashed, after a clean stop of the one that runs. */
export const restart = (): Restart => new Restart()

/** One item of a test's input. */
export type Input<I> = Message<I> | Item<I> | Crash | Restart

/** Not one of the marks between messages. */
export const isMessage = <I>(item: Input<I>): item is Message<I> =>
  !(
    item instanceof Chunk ||
    item instanceof Watermark ||
    item instanceof Barrier ||
    item instanceof Crash ||
    item instanceof Restart
  )
