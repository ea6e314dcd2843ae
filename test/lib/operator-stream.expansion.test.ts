import { Readable } from 'node:stream'
import test from 'ava'
import { SluiceError } from '../../lib/errors.ts'
import { Chunk, CHUNK_MESSAGES, type Item, withValue } from '../../lib/message.ts'
import { operator } from '../../lib/operator.ts'
import type { OperatorStream } from '../../lib/operator-stream.ts'
import { newStores } from '../../lib/state/stores.ts'
import { at, barrier, feed, watermark } from '../../lib/testing.ts'
import { bound } from '../support/bound.ts'

/** Every event as many times as it says, a yield after each so many; at `trouble` it throws. */
const repeat = (each = 1, trouble = Infinity) =>
  operator<number, number>('repeat', () => ({
    *message(message, out) {
      for (let i = 0; i < message.value; i++) {
        if (i === trouble) throw new RangeError('no more')
        out.emit(withValue(message, i))
        if (i % each === each - 1) yield
      }
    },
  }))

const sizesOf = (items: readonly Item<unknown>[]): number[] =>
  items.flatMap((item) => (item instanceof Chunk ? item.messages.length : []))

test('what a message hook has emitted leaves at its yields, and else with its chunk', async (t) => {
  const { items, values } = await feed(at('09:00', 4), at('09:01', 1), at('09:02', 1)).run(
    repeat(3),
  )
  t.deepEqual(sizesOf(items), [3, 3])
  t.deepEqual(values, [0, 1, 2, 3, 0, 0])
})

test('an expansion that yields is held up by a full downstream, inside one message', async (t) => {
  let made = 0
  const endless = operator<number, number>('endless', () => ({
    *message(message, out) {
      for (; made < message.value; made++) {
        out.emit(withValue(message, made))
        if (made % CHUNK_MESSAGES === 0) yield
      }
    },
  }))
  const stream = bound(endless)
  stream.write(new Chunk([at('09:00', 1_000_000)]))
  t.true(made <= CHUNK_MESSAGES, `nobody reads yet, and ${made} are made`)
  let messages = 0
  for await (const item of stream as AsyncIterable<Item<number>>) {
    if (item instanceof Chunk) messages += item.messages.length
    t.true(made - messages <= 2 * CHUNK_MESSAGES, `${made - messages} wait`)
    if (messages === 1_000_000) break
  }
  t.is(messages, 1_000_000)
})

test('an item that has stopped very often ends like any other', async (t) => {
  const stream = bound(repeat())
  let messages = 0
  stream.on('data', (item: Item<number>) => {
    if (item instanceof Chunk) messages += item.messages.length
    stream.pause()
    setImmediate(() => stream.resume())
  })
  await new Promise<void>((resolve) =>
    stream.write(new Chunk([at('09:00', 20_000), at('09:01', 5)]), () => resolve()),
  )
  t.is(messages, 20_005)
})

test('a throw on the way rejects the message for the rest, wherever its chunks were cut', async (t) => {
  for (const each of [1, 2, 100]) {
    const {
      values,
      rejected,
      operator: stream,
    } = await feed(at('09:00', 2), at('09:01', 6), at('09:02', 1)).run(repeat(each, 3))
    t.deepEqual(values, [0, 1, 0, 1, 2, 0])
    t.deepEqual(
      rejected.map(({ reason, thrown, message }) => [reason, thrown, message.value]),
      [['RangeError: no more', 'RangeError', 6]],
    )
    t.deepEqual(stream.fates, { dropped: 0, rejected: 1, expanded: 1 + 3 })
  }
})

test('an error for the user on the way ends the stream', async (t) => {
  const wrong = operator<number, number>('wrong', () => ({
    *message() {
      yield
      throw new SluiceError('config', 'misused')
    },
  }))
  await t.throwsAsync(feed(at('09:00', 1)).run(wrong), { message: 'misused' })
})

test('a message that becomes none is dropped, one that becomes many is expanded', async (t) => {
  const events = feed(at('09:00', 0), at('09:01', 1), at('09:02', 5), barrier())
  t.deepEqual((await events.run(repeat())).operator.fates, {
    dropped: 1,
    rejected: 0,
    expanded: 4,
  })
  const atOnce = operator<number, number>('atOnce', () => ({
    message(message, out) {
      for (let i = 0; i < message.value; i++) out.emit(message)
      if (message.value === 5) out.reject(message, 'five')
    },
  }))
  t.deepEqual((await events.run(atOnce)).operator.fates, { dropped: 1, rejected: 1, expanded: 5 })
})

test('an expansion waits while the rejected flow is full', async (t) => {
  let refused = 0
  const refuse = operator<number, number>('refuse', () => ({
    *message(message, out) {
      for (; refused < message.value; refused++) {
        out.reject(message, 'no')
        yield
      }
    },
  }))
  let makeRoom: () => void = () => undefined
  const handed: number[] = []
  const stream = bound(refuse, (rejections) => {
    handed.push(rejections.length)
    return new Promise<void>((resolve) => (makeRoom = resolve))
  })
  const done = new Promise<void>((resolve) =>
    stream.write(new Chunk([at('09:00', 3)]), () => resolve()),
  )
  t.is(refused, 0, 'the first one is still being handed over')
  for (let i = 0; i < 3; i++) {
    await new Promise(setImmediate)
    t.is(handed.length, i + 1)
    makeRoom()
  }
  await done
  t.deepEqual(handed, [1, 1, 1])
})

test('timers and sockets have their turn while one message becomes very many', async (t) => {
  const many = operator<number, number>('many', () => ({
    *message(message, out) {
      for (let i = 0; i < message.value; i++) {
        out.emit(withValue(message, i))
        yield
      }
    },
  }))
  t.is(await turnsOf(many, new Chunk([at('09:00', 20)])), 10)
})

test('timers and sockets have their turn while a watermark lets very many go', async (t) => {
  const many = operator<number, number>('many', () => ({
    message: () => undefined,
    *watermark(_, out) {
      for (let i = 0; i < 20; i++) {
        out.emit(at('09:00', i))
        yield
      }
    },
  }))
  t.is(await turnsOf(many, watermark('10:00')), 10)
})

/** How often an operator has let others go on while it worked on one item. */
async function turnsOf(stream: OperatorStream, item: Item<number>): Promise<number> {
  let turns = 0
  const clock = { now: () => 0, sleep: async () => void turns++ }
  stream.bind({ state: newStores(), reject: () => undefined, clock })
  for await (const _ of Readable.from([item]).pipe(stream));
  return turns
}
