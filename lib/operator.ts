import type { AnswerLog, RecordedAnswers } from './answers.ts'
import type { Clock } from './clock.ts'
import { type Exchange, whole } from './exchange/exchange.ts'
import type { Message } from './message.ts'
import { OperatorStream } from './operator-stream.ts'
import type { State } from './state/store.ts'

/** What a hook does with its results. */
export interface Out<O> {
  /** Send a message downstream. */
  emit(message: Message<O>): void
  /** Set a message aside: it goes to the pipeline's `rejected` flow. `problems` are all that is wrong with it, where there is more than one. */
  reject(message: Message<unknown>, reason: string, problems?: readonly string[]): void
  /** Send a watermark downstream: for operators that state `ownsWatermark`. */
  advance(time: number): void
}

/**
 * What the author of an operator writes. Hooks are synchronous and see event time only: no clock, no timer, no I/O. A throw in `message` rejects
 * that message; so compute first, and change state last.
 */
export interface Hooks<I, O> {
  /**
   * Before the messages of a chunk: for operators that ask somebody outside. `message` is called, for each in order, when the promise has resolved;
   * nothing overtakes it meanwhile. Not for users: `asyncOperator` sees to what it must keep to.
   */
  prepare?(messages: readonly Message<I>[], outside: Outside): Promise<void> | undefined
  /**
   * Every message, in order. A generator may make many of one: at each yield what it has emitted is sent on, and it waits there while downstream is
   * full. It keeps no message between yields, and what is downstream is not taken back: of one that throws on its way, what it has emitted
   * stays, and the message is rejected for the rest.
   */
  message(message: Message<I>, out: Out<O>): void | Iterable<unknown>
  /** After the last message of a chunk: for what is sent once for many messages. */
  chunk?(out: Out<O>): void
  /** Event time has passed `time`. `Infinity` is the end of a finite stream. A generator may yield between groups of results: backpressure holds it there. */
  watermark?(time: number, out: Out<O>): void | Iterable<unknown>
  /** Everything before belongs to the epoch that ends here: emit what must not outlive it. */
  barrier?(out: Out<O>): void
  /** It keeps messages and emits them later, combined: what is not emitted at once is not dropped. */
  readonly holds?: boolean
  /** It sends watermarks itself (`out.advance`); otherwise each is passed on after the hook. */
  readonly ownsWatermark?: boolean
}

/** A message that an operator set aside. */
export interface Rejection {
  readonly operator: string
  readonly reason: string
  readonly problems: readonly string[]
  readonly message: Message<unknown>
  /** Class of the error, where a hook threw. */
  readonly thrown?: string
}

/** What became of an epoch's messages in one operator: what came in, and `expanded`, less `dropped` and `rejected`, is what went on. */
export interface Fates {
  dropped: number
  rejected: number
  /** How many more messages than came in were made of them. */
  expanded: number
}

/** What operators work with that ask somebody outside. */
export interface Outside {
  readonly clock: Clock
  /** Aborted when the operator is destroyed. */
  readonly signal: AbortSignal
  /** Where a lane keeps what was answered, or has it from when the epoch ran first; none for an operator used alone. */
  readonly answers: AnswerLog | RecordedAnswers | undefined
}

/** What a lane gives each of its operators before the first item. */
export interface Binding {
  readonly state: State
  /** For operators that ask somebody outside. */
  readonly clock?: Clock
  readonly answers?: AnswerLog | RecordedAnswers
  /** Takes rejections in order; a promise asks to wait until there is room. */
  reject(rejections: readonly Rejection[]): Promise<void> | undefined
}

export interface OperatorOptions {
  /** Another name for the state, required where an operator with state occurs twice in a pipeline. */
  as?: string
  /** Its answer is complete only where equal identities share a partition. */
  perIdentity?: boolean
  /** It sets event time; and so long, in ms, its lane waits for input before it takes over the watermark of the others. */
  idle?: number
  /** How long, in ms of event time, it remembers what would make an event a duplicate. */
  remembers?: number
  /** How long, in ms of event time, it takes events for one result, lateness included. */
  spans?: number
  /** Columns that it gives to the results of a `reduce`. */
  columns?: readonly string[]
  /** It asks somebody outside, whose answers are kept with the commit. */
  external?: boolean
  /** Options that give the state its meaning: part of the fingerprint. */
  meaning?: unknown
}

declare const io: unique symbol

/** A Node Transform that knows, at compile time, what it reads and what it writes. */
export interface Operator<in I, out O> extends OperatorStream {
  readonly [io]: (input: I) => O
}

/** Makes the hooks of one run: it asks for all stores at once. */
export type Start<I, O> = (state: State) => Hooks<I, O>

/**
 * Turn hooks into an operator. The factory runs when its first item arrives: with the lane's stores inside a pipeline, with stores in memory when
 * the operator is used alone.
 */
export function operator<I, O>(
  name: string,
  start: Start<I, O>,
  options: OperatorOptions = {},
): Operator<I, O> {
  return new OperatorStream(name, start as Start<unknown, unknown>, options) as Operator<I, O>
}

/**
 * Turn the two halves of an exchange into an operator. Used alone it is both at once; a lane binds the one or the other.
 */
export function exchangeOperator<I, O>(
  name: string,
  exchange: Exchange<I, O>,
  options: OperatorOptions = {},
): Operator<I, O> {
  return new OperatorStream(
    name,
    whole(exchange) as Start<unknown, unknown>,
    options,
    exchange as Exchange<unknown, unknown>,
  ) as Operator<I, O>
}
