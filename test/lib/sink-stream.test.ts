import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { Account, Budget } from '../../lib/memory.ts'
import type { Barrier, Message } from '../../lib/message.ts'
import { Chunk } from '../../lib/message.ts'
import type { Rejection } from '../../lib/operator.ts'
import type { SinkBinding } from '../../lib/sink.ts'
import { type Refusal, SinkStream } from '../../lib/sink-stream.ts'
import { at, barrier } from '../../lib/testing.ts'
import { sinkBinding } from '../support/sink-binding.ts'

/** Takes texts of up to three letters; a longer one is refused, and a number fails it. */
class ShortTexts extends SinkStream {
  readonly id = 'short'
  readonly place = 'a list of short texts'
  protected readonly unbound = 'is not connected to a test'
  readonly seen: unknown[] = []

  restore(): void {}

  due(): number {
    return Infinity
  }

  protected put({ value }: Message<unknown>): number | Refusal {
    if (typeof value !== 'string') throw new TypeError('no text')
    if (value.length > 3) return { problem: 'too long' }
    this.seen.push(value)
    return value.length
  }

  protected override atBarrier({ tick }: Barrier): void {
    this.seen.push(tick)
  }

  protected takeEpoch() {
    return { held: 0, stage: () => Promise.resolve({ objects: [], carried: [] }) }
  }
}

function bound(reject: SinkBinding['reject'] = () => undefined) {
  const memory = new Account(new Budget(Infinity))
  const sink = new ShortTexts()
  const arrivals: number[] = []
  sink.bind(
    sinkBinding({
      lane: { pipeline: 'texts', topic: 'texts', partition: 0, stage: 1 },
      memory,
      reject,
      arrived: () => void arrivals.push(sink.seen.length),
    }),
  )
  return { sink, memory, arrivals }
}

const chunk = (...values: unknown[]): Chunk<unknown> =>
  new Chunk(values.map((value) => at('09:00', value)))

test('messages are charged and counted, and those of an epoch are counted once', (t) => {
  const { sink, memory } = bound()
  sink.write(chunk('a', 'long', 'bcd'))
  sink.write('ef')
  t.is(memory.held, 6)
  t.like(sink.take(), { kept: 3, rejected: 1, held: 0 })
  t.like(sink.take(), { kept: 0, rejected: 0, held: 0 })
})

test('what is refused is rejected in order, and nothing more is taken until there is room', async (t) => {
  const room = Promise.withResolvers<void>()
  const rejected: Rejection[] = []
  const { sink } = bound((rejections) => {
    rejected.push(...rejections)
    return room.promise
  })
  sink.write(chunk('long', 'a', 'longer'))
  sink.write(chunk('b'))
  await setImmediate()
  t.deepEqual(
    rejected.map(({ operator, reason, message }) => [operator, reason, message.value]),
    [
      ['short', 'too long', 'long'],
      ['short', 'too long', 'longer'],
    ],
  )
  t.deepEqual(sink.seen, ['a'])
  room.resolve()
  await setImmediate()
  t.deepEqual(sink.seen, ['a', 'b'])
})

test('the lane is told of a barrier when the sink has dealt with it', (t) => {
  const { sink, arrivals } = bound()
  sink.write(chunk('a'))
  sink.write(barrier())
  t.is(sink.seen.length, 2)
  t.deepEqual(arrivals, [2])
})

test('any other throw fails the sink and rejects nothing', async (t) => {
  const { sink } = bound(() => {
    t.fail('nothing was refused')
    return undefined
  })
  sink.write(chunk(1))
  const [error] = (await once(sink, 'error')) as [unknown]
  t.like(error, { message: 'no text' })
})

test('a sink that nobody has bound says where it works', async (t) => {
  const sink = new ShortTexts()
  sink.write('a')
  const [error] = (await once(sink, 'error')) as [unknown]
  t.like(error, { message: 'a list of short texts is not connected to a test' })
})
