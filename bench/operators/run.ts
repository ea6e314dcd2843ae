import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { Chunk, type Item } from '../../lib/message.ts'
import type { OperatorStream } from '../../lib/operator-stream.ts'
import { newStores } from '../../lib/state/stores.ts'

/** One thing that is measured: streams, and what they are fed. */
export interface Case {
  readonly name: string
  readonly input: readonly Item<unknown>[]
  /** What the messages of its input are. */
  readonly of: 'event' | 'partial'
  /** New streams, the last one a Writable. */
  readonly make: () => readonly [NodeJS.ReadWriteStream, Writable] | readonly [Writable]
  /** What it holds after its input: how many of what. */
  readonly holds?: { readonly what: string; readonly number: number }
}

/** Make an operator what it is in a lane: `half` is the one of an exchange. */
export function bound(operator: OperatorStream, half?: 'collect' | 'merge'): OperatorStream {
  const { exchange } = operator
  const start = half && exchange && exchange[half].bind(exchange)
  operator.bind({ state: newStores(), reject: () => undefined }, start as never)
  return operator
}

/** The end of a stream of which nothing is wanted, or what `take` takes. */
export const end = (take: (item: Item<unknown>) => void = () => undefined): Writable =>
  new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(item: Item<unknown>, _, done) {
      take(item)
      done()
    },
  })

/** What an operator makes of its input. */
export async function outputOf(
  input: readonly Item<unknown>[],
  operator: OperatorStream,
): Promise<Item<unknown>[]> {
  const output: Item<unknown>[] = []
  await pipeline(
    Readable.from(input),
    bound(operator),
    end((item) => void output.push(item)),
  )
  return output
}

/** The CPU time that each message took, streams and garbage collection and all, in ns. What else the machine does is not in it. */
export async function timeOf(one: Case): Promise<number> {
  const streams = one.make()
  const start = process.cpuUsage()
  await pipeline([Readable.from(one.input), ...streams])
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1_000) / messagesIn(one.input).length
}

/** The bytes that one of what it holds takes. */
export async function bytesOf(one: Case, number: number): Promise<number> {
  const streams = one.make()
  const before = await bytesInUse()
  await pipeline([Readable.from(one.input), ...streams])
  const after = await bytesInUse()
  // What they hold is in use as long as they are
  return streams.length > 0 ? (after - before) / number : NaN
}

async function bytesInUse(): Promise<number> {
  // Buffers are given back some time after their collection
  for (let again = 0; again < 3; again++) {
    globalThis.gc?.()
    await setImmediate()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

export const messagesIn = (items: readonly Item<unknown>[]) =>
  items.flatMap((item) => (item instanceof Chunk ? item.messages : []))
