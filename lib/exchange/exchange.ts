import type { Message } from '../message.ts'
import type { Hooks, Out } from '../operator.ts'
import { nowhere, plainMessage } from '../plain.ts'
import type { State } from '../state/store.ts'

/**
 * What one lane's epoch adds to one key in one pane, a span of event time that lies in one window or in several: it crosses from the lane that
 * read the events to the lane that owns the key.
 */
export interface Partial {
  /** The key as canonical JSON text: it decides the range, and the order within it. */
  readonly key: string
  /** Start of the pane, in ms of event time: that of its window, where it has one only. */
  readonly start: number
  /**
   * End of the first window that it counts in, and so in all windows of its pane that end later: its lane's watermark had not passed that. The
   * window's result is emitted when the watermark of every lane has.
   */
  readonly end: number
  /** Accumulators, as JSON. */
  readonly data: unknown
  /** How the windows of its pane are found, as JSON, where it has several. */
  readonly layout?: unknown
}

/** Stage one: adds up what its lane reads and keeps nothing over a barrier. */
export interface Collector<I> extends Hooks<I, never> {
  /** Bytes of memory that it takes by now, roughly: what may end the epoch. */
  readonly held: number
  /** The epoch's partials; starts anew. */
  take(): Partial[]
}

/** Stage two: adds up partials, in any order to the same answer, and emits when the watermark passes a window's end. */
export interface Merger<O> extends Hooks<Partial, O> {
  /**
   * The highest end of a window that was emitted, kept in its state; `-Infinity` before the first. After a watermark of `Infinity` (the end of a finite
   * run emits all) it is still the end of a window, so that a later run may go on after it. A partial of a window that ends at or before the
   * highest finite watermark or this, is a broken invariant: `SluiceError('corrupt')`.
   */
  readonly emitted: number
}

/** An operator whose keys cross lanes, in its two halves. */
export interface Exchange<I, O> {
  collect(state: State): Collector<I>
  merge(state: State): Merger<O>
}

/** A result of stage two: it comes from no single record. */
export const resultMessage = <O>(value: O, time: number, watermark: number): Message<O> => ({
  value,
  time,
  watermark,
  record: nowhere,
  index: 0,
  verbatim: false,
})

/** Both halves in one, for an operator used alone. */
export function whole<I, O>(exchange: Exchange<I, O>): (state: State) => Hooks<I, O> {
  return (state) => {
    const collector = exchange.collect(state)
    const merger = exchange.merge(state)
    const handOver = (out: Out<O>): void => {
      for (const partial of collector.take())
        merger.message(plainMessage(partial) as Message<Partial>, out)
    }
    return {
      holds: true,
      ownsWatermark: merger.ownsWatermark ?? false,
      message: (message, out) => collector.message(message, out as Out<never>),
      watermark(time, out) {
        handOver(out)
        return merger.watermark?.(time, out)
      },
      barrier(out) {
        handOver(out)
        merger.barrier?.(out)
      },
    }
  }
}
