import { Readable } from 'node:stream'
import { Barrier, Chunk, type Item, type Message, Watermark } from './message.ts'
import { nowhere } from './plain.ts'
import type { Operator, OperatorStream, Rejection } from './operator.ts'
import { type Stores, newStores } from './state/stores.ts'

const DAY = '2024-01-01'

/** A time of day of the test's only day, in UTC: `'09:00'`, `'09:00:30'`, `'09:00:30.250'`. Or a whole ISO time. In ms since the epoch. */
export const clock = (time: string): number => {
  const text = time.includes('T') ? time : `${DAY}T${time.length === 5 ? `${time}:00` : time}Z`
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new TypeError(`not a time: ${time}`)
  return ms
}

/** A message with this value, at this time of day. `record` overrides where it was read. */
export const at = <T>(
  time: string,
  value: T,
  record: { offset?: number; partition?: number; timestamp?: number; bytes?: Buffer | null } = {},
): Message<T> => ({
  value,
  time: clock(time),
  watermark: -Infinity,
  record: { ...nowhere, topic: 'test', ...record },
  index: 0,
  verbatim: false,
})

/** A watermark at this time of day. */
export const watermark = (time: string): Watermark => new Watermark(clock(time))

/** A barrier at this time of day. */
export const barrier = (time = '12:00'): Barrier => new Barrier(clock(time))

/** What one operator did with the input it was fed. */
export interface Fed<O> {
  readonly values: O[]
  readonly messages: Message<O>[]
  /** Everything it sent on, in order: chunks, watermarks and barriers too. */
  readonly items: Item<O>[]
  readonly rejected: Rejection[]
  /** Its stores after the last item. */
  readonly stores: Stores
  readonly operator: OperatorStream
}

/** Input for one operator under test; see `feed`. */
export interface Feed<I> {
  /** Resolves to the values that the operator emits, at the end of the input too. */
  through<O>(operator: Operator<I, O>): Promise<O[]>
  /** Resolves to all that it did. With the stores of an earlier run it starts as after a restart: with new stores that read those back. */
  run<O>(operator: Operator<I, O>, earlier?: Stores): Promise<Fed<O>>
}

/**
 * Feed items to one operator: messages made by `at`, watermarks, barriers; or chunks, such as the items that another operator sent. Every message is judged by the last watermark before it. The input ends
 * as a finite stream does, with a watermark of `Infinity`, unless it ends with a barrier. Values are frozen, so that an operator that changes what it
 * was handed fails.
 */
export function feed<I>(...input: (Message<I> | Item<I>)[]): Feed<I> {
  const items = chunksOf(input)
  if (!isEnd(items.at(-1))) items.push(new Watermark(Infinity))

  const run = async <O>(operator: Operator<I, O>, earlier?: Stores): Promise<Fed<O>> => {
    const rejected: Rejection[] = []
    const stores = newStores(earlier?.sealed)
    operator.bind({
      state: stores,
      reject: (rejections) => void rejected.push(...rejections),
    })
    for (const [name, store] of earlier?.all ?? []) stores.all.get(name)?.apply(store.base().bytes)
    const sent: Item<O>[] = []
    for await (const item of Readable.from(items).pipe(operator) as AsyncIterable<Item<O>>)
      sent.push(item)
    const messages = sent.flatMap((item) => (item instanceof Chunk ? item.messages : []))
    return {
      values: messages.map((message) => message.value),
      messages,
      items: sent,
      rejected,
      stores,
      operator,
    }
  }
  return { run, through: async (operator) => (await run(operator)).values }
}

const isEnd = (item: Item<unknown> | undefined): boolean =>
  item instanceof Barrier || (item instanceof Watermark && item.time === Infinity)

/** One chunk for every run of messages, each message with the watermark that holds for it. */
function chunksOf<I>(input: (Message<I> | Item<I>)[]): Item<I>[] {
  const items: Item<I>[] = []
  let messages: Message<I>[] = []
  let watermarkTime = -Infinity
  const close = (): void => {
    if (messages.length > 0) items.push(new Chunk(messages))
    messages = []
  }
  for (const item of input) {
    if (item instanceof Watermark || item instanceof Barrier) {
      close()
      items.push(item)
      if (item instanceof Watermark) watermarkTime = Math.max(watermarkTime, item.time)
    } else if (item instanceof Chunk) {
      close()
      messages = item.messages.map((message) => judged(message, watermarkTime))
      close()
    } else {
      messages.push(judged(item, watermarkTime))
    }
  }
  close()
  return items
}

const judged = <I>(message: Message<I>, watermarkTime: number): Message<I> =>
  Object.freeze({
    ...message,
    value: deepFreeze(message.value),
    watermark: Math.max(message.watermark, watermarkTime),
  })

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value)) {
    for (const inner of Object.values(value)) deepFreeze(inner)
    Object.freeze(value)
  }
  return value
}

export {
  type Fault,
  faultyStore,
  type FaultyStoreOptions,
  type StoreCall,
  type StoreMethod,
  type Trouble,
} from './testing/faulty-store.ts'
export { type Assignment, everything, shared } from './testing/memory-group.ts'
export { type MemoryLog, memoryLog, type MemoryLogOptions } from './testing/memory-log.ts'
export {
  type MemoryStore,
  memoryStore,
  type MemoryStoreOptions,
  type StoredObject,
} from './testing/memory-store.ts'
export { type VirtualClock, virtualClock } from './testing/virtual-clock.ts'
