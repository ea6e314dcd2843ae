import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import test from 'ava'
import { SluiceError } from '../../lib/errors.ts'
import {
  Barrier,
  Chunk,
  CHUNK_MESSAGES,
  type Item,
  Watermark,
  withValue,
} from '../../lib/message.ts'
import { operator } from '../../lib/operator.ts'
import type { OperatorStream } from '../../lib/operator-stream.ts'
import { json } from '../../lib/state/codec.ts'
import { newStores } from '../../lib/state/stores.ts'
import { at, barrier, clock, feed, watermark } from '../../lib/testing.ts'
import { bound } from '../support/bound.ts'

const double = () =>
  operator<number, number>('double', () => ({
    message: (message, out) => out.emit(withValue(message, message.value * 2)),
  }))

/** Every event as many times as it says. */
const repeat = () =>
  operator<number, number>('repeat', () => ({
    message(message, out) {
      for (let i = 0; i < message.value; i++) out.emit(withValue(message, i))
    },
  }))

/** Counts events and sends the count when told that event time has passed. */
const total = () =>
  operator<unknown, number>('total', (state) => {
    const count = state.value('count', json<number>(), 0)
    return {
      holds: true,
      message: () => count.set(count.get() + 1),
      watermark: (_, out) => out.emit(withValue(at('09:00', 0), count.get())),
    }
  })

const collect = async (stream: Readable): Promise<unknown[]> => {
  const items: unknown[] = []
  for await (const item of stream) items.push(item)
  return items
}

const shapeOf = (items: readonly Item<unknown>[]): unknown[] =>
  items.map((item) =>
    item instanceof Chunk ? item.messages.map(({ value }) => value) : item.constructor.name,
  )

test('alone in a stream.pipeline it reads plain events and writes plain events', async (t) => {
  const seen: number[] = []
  const sink = new Writable({
    objectMode: true,
    write(event: number, _, done) {
      seen.push(event)
      done()
    },
  })
  await pipeline(Readable.from([1, 2, 3]), double(), double(), sink)
  t.deepEqual(seen, [4, 8, 12])
})

test('alone, the end of the stream is the end of event time', async (t) => {
  t.deepEqual(await collect(Readable.from(['a', 'b']).pipe(total())), [2])
})

test('an end that was said in band is not said again', async (t) => {
  const items = [new Chunk([at('09:00', 'a')]), new Watermark(Infinity)]
  t.deepEqual(await collect(Readable.from(items).pipe(total())), [1])
})

test('an operator behind another one is handed chunks, watermarks and barriers', async (t) => {
  const upstream = double()
  const handed: unknown[] = []
  const spy = new Writable({
    objectMode: true,
    write(item, _, done) {
      handed.push(item)
      done()
    },
  })
  spy.on('pipe', (source: OperatorStream) => source.link())
  await pipeline(Readable.from([1]), upstream, spy)
  t.deepEqual(shapeOf(handed as Item<unknown>[]), [[2], 'Watermark'])
})

test('an event that no plain stream can carry is an error, not the end of the stream', async (t) => {
  const nothing = operator<number, null>('nothing', () => ({
    message: (message, out) => out.emit(withValue(message, null)),
  }))
  await t.throwsAsync(collect(Readable.from([1]).pipe(nothing)), {
    message: /nothing made null of an event/,
  })
})

test('order is kept: what comes before a watermark or a barrier leaves before it', async (t) => {
  const { items } = await feed(
    at('09:00', 1),
    watermark('09:00'),
    at('09:01', 2),
    barrier(),
    at('09:02', 3),
    barrier(),
  ).run(double())
  t.deepEqual(shapeOf(items), [[2], 'Watermark', [4], 'Barrier', [6], 'Barrier'])
})

test('what the hooks of a watermark and a barrier emit leaves before those', async (t) => {
  const echo = operator<number, string>('echo', () => ({
    message: () => undefined,
    watermark: (time, out) => out.emit(withValue(at('09:00', 0), `passed ${time}`)),
    barrier: (out) => out.emit(withValue(at('09:00', 0), 'epoch over')),
  }))
  const { items } = await feed<number>(new Watermark(7), barrier()).run(echo)
  t.deepEqual(shapeOf(items), [['passed 7'], 'Watermark', ['epoch over'], 'Barrier'])
})

test('an operator that owns watermarks sends its own, after what it has emitted so far', async (t) => {
  const eager = operator<number, number>('eager', () => ({
    ownsWatermark: true,
    message: (message, out) => out.emit(message),
    chunk: (out) => out.advance(5),
  }))
  const { items, operator: stream } = await feed(at('09:00', 1), watermark('09:00'), barrier()).run(
    eager,
  )
  t.deepEqual(shapeOf(items), [[1], 'Watermark', 'Barrier'])
  t.is(stream.watermark, 5)
})

test('a chunk never has more than its most messages, however much one event becomes', async (t) => {
  const { items } = await feed(at('09:00', 1200), barrier()).run(repeat())
  const sizes = items.map((item) => (item instanceof Chunk ? item.messages.length : 0))
  t.deepEqual(sizes, [500, 500, 200, 0])
})

test('an expansion stops while downstream is full, and goes on where it stopped', async (t) => {
  const stream = bound(repeat())
  const events = Array.from({ length: 40 }, () => at('09:00', CHUNK_MESSAGES))
  stream.write(new Chunk(events))
  let most = 0
  let messages = 0
  for await (const item of Readable.from(stream.iterator({ destroyOnReturn: false }))) {
    most = Math.max(most, stream.readableLength)
    if (item instanceof Chunk) messages += item.messages.length
    if (messages === 40 * CHUNK_MESSAGES) break
  }
  t.is(messages, 40 * CHUNK_MESSAGES)
  t.true(most <= 2, `${most} chunks waited`)
})

test('a watermark hook that yields is held up by a full downstream', async (t) => {
  let groups = 0
  const stream = bound(
    operator<unknown, number>('groups', () => ({
      message: () => undefined,
      *watermark(_, out) {
        for (; groups < 20; groups++) {
          out.emit(at('09:00', groups))
          yield
        }
      },
    })),
  )
  stream.write(new Watermark(1))
  t.true(groups <= 2, 'nobody reads yet')
  const seen: Item<unknown>[] = []
  stream.on('data', (item: Item<unknown>) => seen.push(item))
  await new Promise<void>((resolve) => stream.write(barrier(), () => resolve()))
  t.deepEqual(shapeOf(seen), [...Array.from({ length: 20 }, (_, i) => [i]), 'Watermark', 'Barrier'])
})

test('a throw in message rejects that message, and what it had emitted is taken back', async (t) => {
  const picky = operator<number, number>('picky', () => ({
    message(message, out) {
      out.emit(message)
      if (message.value === 2) throw new RangeError('no twos')
    },
  }))
  const {
    values,
    rejected,
    operator: stream,
  } = await feed(at('09:00', 1), at('09:01', 2), at('09:02', 3)).run(picky)
  t.deepEqual(values, [1, 3])
  t.deepEqual(
    rejected.map(({ operator, reason, thrown, message }) => [
      operator,
      reason,
      thrown,
      message.time,
    ]),
    [['picky', 'RangeError: no twos', 'RangeError', clock('09:01')]],
  )
  t.deepEqual(stream.fates, { dropped: 0, rejected: 1, expanded: 0 })
})

test('a message has one rejection, also when its hook rejects it and throws', async (t) => {
  const twice = operator<number, number>('twice', () => ({
    message(message, out) {
      out.reject(message, 'first')
      throw new Error('second')
    },
  }))
  const { rejected, operator: stream } = await feed(at('09:00', 1)).run(twice)
  t.deepEqual(
    rejected.map(({ reason }) => reason),
    ['Error: second'],
  )
  t.is(stream.fates.rejected, 1)
})

test('a throw in any other hook, and an error for the user, ends the stream', async (t) => {
  const late = operator<number, number>('late', () => ({
    message: () => undefined,
    watermark() {
      throw new Error('broken')
    },
  }))
  await t.throwsAsync(feed(at('09:00', 1)).run(late), { message: 'broken' })
  const wrong = operator<number, number>('wrong', () => ({
    message() {
      throw new SluiceError('config', 'misused')
    },
  }))
  await t.throwsAsync(feed(at('09:00', 1)).run(wrong), { message: 'misused' })
})

test('alone, an operator that rejects ends the stream and says what it was', async (t) => {
  const strict = () =>
    operator<number, number>('strict', () => ({
      message: (message, out) => out.reject(message, 'never good'),
    }))
  await t.throwsAsync(collect(Readable.from([1]).pipe(strict())), {
    code: 'rejected',
    message: /^strict rejected an event: never good/,
  })
  await t.throwsAsync(
    collect(Readable.from([at('09:00', 1, { partition: 0, offset: 7 })]).pipe(strict())),
    {
      message: /^strict rejected an event \(test-0@7\)/,
    },
  )
})

test('an operator waits while the rejected flow is full', async (t) => {
  let makeRoom: () => void = () => undefined
  const room = new Promise<void>((resolve) => (makeRoom = resolve))
  const reject = operator<number, number>('reject', () => ({
    message: (message, out) => out.reject(message, 'no'),
  }))
  const stream = bound(reject, () => room)
  let isDone = false
  const done = new Promise<void>((resolve) =>
    stream.write(new Chunk([at('09:00', 1)]), () => resolve()),
  ).then(() => (isDone = true))
  await new Promise(setImmediate)
  t.false(isDone)
  makeRoom()
  t.true(await done)
})

test('what is neither emitted nor rejected is dropped, unless the operator holds it', async (t) => {
  const none = operator<number, number>('none', () => ({ message: () => undefined }))
  const events = feed(at('09:00', 1), at('09:01', 2), barrier())
  t.deepEqual((await events.run(none)).operator.fates, { dropped: 2, rejected: 0, expanded: 0 })
  t.deepEqual((await events.run(total())).operator.fates, { dropped: 0, rejected: 0, expanded: 0 })
})

test('state goes on where an earlier run has left it', async (t) => {
  const before = await feed(at('09:00', 1), at('09:01', 2), barrier()).run(total())
  const after = await feed(at('09:02', 3)).run(total(), before.stores)
  t.deepEqual(after.values, [3])
})

test('an event that an operator was handed cannot be changed by it', async (t) => {
  const rude = operator<{ n: number }, { n: number }>('rude', () => ({
    message(message, out) {
      message.value.n++
      out.emit(message)
    },
  }))
  const { rejected } = await feed(at('09:00', { n: 1 })).run(rude)
  t.is(rejected[0]?.thrown, 'TypeError')
})

test('an observer sees every message before the operator does', async (t) => {
  const stream = double()
  const seen: unknown[] = []
  stream.observe(({ value }) => seen.push(value))
  await feed(at('09:00', 1), at('09:01', 2)).run(stream)
  t.deepEqual(seen, [1, 2])
})

test('its stores can be asked for without running it', (t) => {
  const stores = newStores()
  total().declare(stores)
  t.deepEqual([...stores.all.keys()], ['count'])
})

test('barriers stay distinct items even where nothing lies between them', async (t) => {
  const { items } = await feed<number>(barrier('12:00'), barrier('12:01')).run(double())
  t.deepEqual(
    items.map((item) => (item as Barrier).tick),
    [clock('12:00'), clock('12:01')],
  )
})
