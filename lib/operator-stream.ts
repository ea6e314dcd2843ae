import { Transform, type TransformCallback } from 'node:stream'
import { systemClock } from './clock.ts'
import { messageOf, SluiceError } from './errors.ts'
import type { Exchange } from './exchange/exchange.ts'
import { Barrier, Chunk, CHUNK_MESSAGES, type Item, type Message, Watermark } from './message.ts'
import type { Binding, Fates, Hooks, OperatorOptions, Out, Rejection, Start } from './operator.ts'
import { placeOf } from './part.ts'
import { plainMessage } from './plain.ts'
import { newStores } from './state/stores.ts'
import type { State } from './state/store.ts'

/** Steps that may follow each other without a pause: some ms of work. Heartbeats depend on it. */
const STEPS = 2

/** Whether there is room downstream, or a promise of it. */
type Room = boolean | Promise<void>

/**
 * The Transform behind every operator. It speaks chunks, watermarks and barriers to streams of its own kind and plain events to any
 * other, so `stream.pipeline(readable, dedupe(…), writable)` works with no pipeline around it.
 */
export class OperatorStream extends Transform {
  readonly operatorName: string
  /** What its state is kept under. */
  readonly id: string
  readonly meaning: unknown
  readonly perIdentity: boolean
  readonly remembers: number | undefined
  readonly spans: number | undefined
  readonly columns: readonly string[]
  readonly idle: number | undefined
  /** It asks somebody outside. */
  readonly external: boolean
  /** The two halves of an operator whose keys cross lanes; see `exchange/exchange.ts`. */
  readonly exchange: Exchange<unknown, unknown> | undefined
  readonly fates: Fates = { dropped: 0, rejected: 0, expanded: 0 }
  #start: Start<unknown, unknown>
  #hooks: Hooks<unknown, unknown> | undefined
  #binding: Binding | undefined
  #linked = false
  #observe: ((message: Message<unknown>) => void) | undefined
  #emitted: Message<unknown>[] = []
  #watermark = -Infinity
  /** An operator before this one, also used alone, has told the end of the stream. */
  #ended = false
  /** Messages emitted or rejected so far. */
  #made = 0
  #rejected: Rejection[] = []
  /** Continues an item that stopped because downstream was full. */
  #more: (() => void) | undefined
  readonly #destroyed = new AbortController()
  readonly #out: Out<unknown>

  constructor(
    name: string,
    start: Start<unknown, unknown>,
    options: OperatorOptions,
    exchange?: Exchange<unknown, unknown>,
  ) {
    super({ objectMode: true, highWaterMark: 1 })
    const { as, meaning, perIdentity = false, external = false, idle, remembers, spans } = options
    this.columns = options.columns ?? []
    this.operatorName = name
    this.id = as ?? name
    this.meaning = meaning
    this.perIdentity = perIdentity
    this.remembers = remembers
    this.spans = spans
    this.idle = idle
    this.external = external
    this.exchange = exchange
    this.#start = start
    this.#out = {
      emit: (message) => {
        this.#made++
        this.#emitted.push(message)
      },
      reject: (message, reason, problems = []) =>
        this.#reject({ operator: this.id, reason, problems, message }),
      advance: (time) => {
        this.#flush()
        this.#push(new Watermark(time))
      },
    }
    this.on('pipe', link)
  }

  /** The last watermark that it sent on. */
  get watermark(): number {
    return this.#watermark
  }

  /** True for an operator that combines messages, so that those it does not pass on are not dropped. */
  get holds(): boolean {
    return this.#hooks?.holds === true
  }

  /** Make it part of a lane. Before the first item, once. */
  bind(binding: Binding, start: Start<unknown, unknown> = this.#start): void {
    this.#binding = binding
    this.#linked = true
    this.#hooks = start(binding.state)
  }

  /** Be told of every message before the operator sees it. */
  observe(observer: (message: Message<unknown>) => void): void {
    this.#observe = observer
  }

  /** Downstream understands chunks, watermarks and barriers. */
  link(): void {
    this.#linked = true
  }

  /** Declare the operator's stores to somebody who only wants to know of them. */
  declare(state: State): void {
    this.#start(state)
  }

  override _transform(item: unknown, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      const ready = this.#prepare(item as Item<unknown>)
      if (ready) ready.then(() => this.#run(this.#steps(item), done)).catch(done)
      else this.#run(this.#steps(item), done)
    } catch (error) {
      done(error as Error)
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#destroyed.abort(error ?? undefined)
    super._destroy(error, done)
  }

  override _flush(done: TransformCallback): void {
    if (this.#binding || this.#ended) return done()
    this._transform(new Watermark(Infinity), 'utf8', done)
  }

  override _read(size: number): void {
    const more = this.#more
    this.#more = undefined
    more?.()
    if (!this.#more) super._read(size)
  }

  /** Let an operator ask for what it needs to know of a chunk's messages. */
  #prepare(item: unknown): Promise<void> | undefined {
    const hooks = (this.#hooks ??= this.#start(newStores()))
    if (!hooks.prepare || item instanceof Watermark || item instanceof Barrier) return undefined
    const { signal } = this.#destroyed
    const { clock = systemClock, answers } = this.#binding ?? {}
    return hooks
      .prepare(messagesOf(item), { clock, signal, answers })
      ?.then(() => signal.throwIfAborted())
  }

  /** Drive the steps of one item, stopping where downstream is full, and where the rejected flow is. */
  #run(steps: Iterator<Room>, done: TransformCallback, hasStopped = false): void {
    try {
      for (let step = steps.next(); !step.done; step = steps.next()) {
        if (step.value === true) continue
        const end = hasStopped ? done : this.#late(done)
        const goOn = (): void => this.#run(steps, end, true)
        if (step.value === false) this.#more = goOn
        else step.value.then(goOn, end)
        return
      }
      const room = this.#handOver()
      if (room === true) done()
      else room.then(() => done(), done)
    } catch (error) {
      done(error as Error)
    }
  }

  /** A read that is answered later is not asked for again: so the end of an item that has stopped looks for one that waits. */
  #late(done: TransformCallback): TransformCallback {
    return (error) => {
      done(error)
      super._read(1)
    }
  }

  /** Send on what was rejected. */
  #handOver(): true | Promise<void> {
    if (this.#rejected.length === 0) return true
    const rejected = this.#rejected
    this.#rejected = []
    if (!this.#binding) throw unheard(rejected[0] as Rejection)
    return this.#binding.reject(rejected) ?? true
  }

  /** Work through an item; yields, wherever there is more of it, whether downstream takes more. */
  *#steps(item: unknown): Generator<Room, void> {
    const hooks = this.#hooks as Hooks<unknown, unknown>
    if (item instanceof Watermark) {
      this.#ended = item.time === Infinity
      const groups = hooks.watermark?.(item.time, this.#out)
      if (groups) yield* this.#sendOn(groups)
      this.#flush()
      if (!hooks.ownsWatermark) this.#push(item)
    } else if (item instanceof Barrier) {
      hooks.barrier?.(this.#out)
      this.#flush()
      this.#push(item)
    } else {
      const messages = messagesOf(item)
      for (let at = 0; at < messages.length;) {
        const { taken, parts, made } = this.#take(hooks, messages, at)
        at += taken
        if (parts) yield* this.#expand(parts, messages[at - 1] as Message<unknown>, made)
        if (this.#emitted.length >= CHUNK_MESSAGES) yield this.#flush()
      }
      hooks.chunk?.(this.#out)
      this.#flush()
    }
  }

  /**
   * Hand messages to the hook, from one on, up to where a chunk is full, or to the first that is made step by step. No generator: every message would
   * pay for it.
   */
  #take(
    hooks: Hooks<unknown, unknown>,
    messages: readonly Message<unknown>[],
    from: number,
  ): Taken {
    let made = this.#made
    for (let at = from; at < messages.length; at++) {
      made = this.#made
      const parts = this.#message(hooks, messages[at] as Message<unknown>)
      if (parts || this.#emitted.length >= CHUNK_MESSAGES)
        return { taken: at + 1 - from, parts, made }
    }
    return { taken: messages.length - from, parts: undefined, made }
  }

  /** Answers with what is still to be made of the message, where its hook makes it step by step. */
  #message(
    hooks: Hooks<unknown, unknown>,
    message: Message<unknown>,
  ): Iterable<unknown> | undefined {
    const emitted = this.#emitted.length
    const made = this.#made
    const rejected = this.fates.rejected
    this.#observe?.(message)
    try {
      const parts = hooks.message(message, this.#out)
      if (parts) return parts
      if (this.#made !== made + 1 && !hooks.holds) this.#count(this.#made - made)
    } catch (error) {
      if (error instanceof SluiceError) throw error
      this.#emitted.length = Math.min(emitted, this.#emitted.length)
      this.#rejected.length -= this.fates.rejected - rejected
      this.fates.rejected = rejected
      this.#made = made
      this.#reject(rejectionOf(this.id, message, error))
    }
    return undefined
  }

  /** Send on, step by step, all that a watermark lets go. */
  *#sendOn(groups: Iterable<unknown>): Generator<Room, void> {
    let taken = 0
    for (const _ of groups) {
      yield this.#flush()
      if (++taken % STEPS === 0) yield this.#breathe()
    }
  }

  /** Let timers and sockets have their turn: streams that hand on to each other at once do not. */
  #breathe(): Promise<void> {
    return (this.#binding?.clock ?? systemClock).sleep(0, this.#destroyed.signal)
  }

  /** Make of a message, step by step, all that becomes of it. */
  *#expand(
    parts: Iterable<unknown>,
    message: Message<unknown>,
    before: number,
  ): Generator<Room, void> {
    const steps = parts[Symbol.iterator]()
    for (let taken = 1; this.#step(steps, message); taken++) {
      yield this.#flush()
      yield this.#handOver()
      if (taken % STEPS === 0) yield this.#breathe()
    }
    this.#count(this.#made - before)
  }

  /** Says whether there was one more step; a throw is the last. */
  #step(steps: Iterator<unknown>, message: Message<unknown>): boolean {
    try {
      return steps.next().done !== true
    } catch (error) {
      if (error instanceof SluiceError) throw error
      this.#reject(rejectionOf(this.id, message, error))
      return false
    }
  }

  /** Count what one message has become: each of its messages has a fate of its own. */
  #count(made: number): void {
    if (made === 0) this.fates.dropped++
    else this.fates.expanded += made - 1
  }

  #reject(rejection: Rejection): void {
    this.#made++
    this.fates.rejected++
    this.#rejected.push(rejection)
  }

  /** Send on what was emitted, in chunks; false when downstream is full. */
  #flush(): boolean {
    const messages = this.#emitted
    if (messages.length === 0) return true
    this.#emitted = []
    if (messages.length <= CHUNK_MESSAGES) return this.#push(new Chunk(messages))
    let room = true
    for (let from = 0; from < messages.length; from += CHUNK_MESSAGES)
      room = this.#push(new Chunk(messages.slice(from, from + CHUNK_MESSAGES)))
    return room
  }

  #push(item: Item<unknown>): boolean {
    if (item instanceof Watermark) this.#watermark = item.time
    if (this.#linked) return this.push(item)
    let room = true
    if (item instanceof Chunk)
      for (const { value } of item.messages) room = this.push(this.#plain(value))
    return room
  }

  /** A stream of plain events would end at a null. */
  #plain(value: unknown): unknown {
    if (value !== null && value !== undefined) return value
    throw new TypeError(
      `${this.id} made ${String(value)} of an event, which a stream of plain events cannot carry`,
    )
  }
}

/** How far the work on a chunk has come. */
interface Taken {
  /** How many messages more. */
  readonly taken: number
  /** What is still to be made of the last of them. */
  readonly parts: Iterable<unknown> | undefined
  /** How many had been made before that one. */
  readonly made: number
}

/** The messages of a chunk; a plain event as one. */
const messagesOf = (item: unknown): readonly Message<unknown>[] =>
  item instanceof Chunk ? (item as Chunk<unknown>).messages : [plainMessage(item)]

/** Listener for 'pipe': tell a source of our own kind that we understand more than plain events. */
export function link(source: unknown): void {
  if (source instanceof OperatorStream) source.link()
}

/** What becomes of a message whose hook threw. */
function rejectionOf(operator: string, message: Message<unknown>, error: unknown): Rejection {
  const thrown = error instanceof Error ? error.constructor.name : typeof error
  return { operator, reason: `${thrown}: ${messageOf(error)}`, problems: [], message, thrown }
}

const unheard = ({ operator, reason, message }: Rejection): SluiceError => {
  const place = placeOf(message)
  return new SluiceError(
    'rejected',
    `${operator} rejected an event${place === '' ? '' : ` (${place})`}: ${reason}. Used alone, an operator has no rejected flow to send it to.`,
  )
}
