import { finished } from 'node:stream/promises'
import test from 'ava'
import { Bundle } from '../../../lib/commit/bundle.ts'
import { decodeMessages, type OutboxMessage } from '../../../lib/commit/outbox.ts'
import { kafkaSink, type KafkaSinkOptions } from '../../../lib/kafka/sink.ts'
import { Account, Budget } from '../../../lib/memory.ts'
import type { Rejection } from '../../../lib/operator.ts'
import type { SinkEpoch } from '../../../lib/sink.ts'
import { at, barrier } from '../../../lib/testing.ts'
import { Chunk } from '../../../lib/message.ts'
import { sinkBinding } from '../../support/sink-binding.ts'

const lane = { pipeline: 'relay', topic: 'views', partition: 0, stage: 1 } as const

interface Taken {
  readonly epoch: SinkEpoch
  readonly messages: OutboxMessage[]
  /** Bytes of each segment. */
  readonly segments: number[]
  readonly rejected: Rejection[]
  readonly held: number
}

/** What a sink makes of one epoch with these events. */
async function epochOf<T>(options: KafkaSinkOptions<T>, events: readonly T[]): Promise<Taken> {
  const rejected: Rejection[] = []
  const memory = new Account(new Budget(Infinity))
  const arrived = Promise.withResolvers<void>()
  const sink = kafkaSink(options)
  sink.bind(
    sinkBinding({
      lane,
      memory,
      reject: (rejections) => void rejected.push(...rejections),
      arrived: () => arrived.resolve(),
    }),
  )
  sink.write(new Chunk(events.map((event) => at('09:00', event))))
  sink.write(barrier())
  await arrived.promise
  const epoch = sink.take()
  const bundle = new Bundle(lane, 1, 'me')
  const staged = (await epoch.stage(bundle, memory)).messages
  const spans = (staged?.segments ?? []).map(({ from, to }) => bundle.slice(from, to))
  return {
    epoch,
    messages: spans.flatMap((span) => decodeMessages(span)),
    segments: spans.map(({ length }) => length),
    rejected,
    held: memory.held,
  }
}

const text = ({ key, value, headers }: OutboxMessage): unknown[] => [
  key && String(key),
  value && String(value),
  ...(headers ? [headers] : []),
]

test('an event becomes a message: JSON text unless it is text or bytes already', async (t) => {
  const events = [{ id: 'a', n: 1n }, 'text', Buffer.from('bytes'), 7, null]
  const { messages, epoch } = await epochOf({ topic: 'copies', key: () => 'k' }, events)
  t.deepEqual(messages.map(text), [
    ['k', '{"id":"a","n":1}'],
    ['k', 'text'],
    ['k', 'bytes'],
    ['k', '7'],
    ['k', null],
  ])
  t.like(epoch, { kept: 5, rejected: 0 })
})

test('key, value and headers are functions of the event; null is no key, and a tombstone', async (t) => {
  const { messages } = await epochOf(
    {
      topic: 'copies',
      key: ({ id }) => (id === '' ? null : Buffer.from(id)),
      value: ({ gone, n }) => (gone ? null : { n }),
      headers: ({ n }) => ({ n: String(n) }),
    },
    [
      { id: '', gone: false, n: 1 },
      { id: 'a', gone: true, n: 2 },
    ],
  )
  t.deepEqual(messages.map(text), [
    [null, '{"n":1}', { n: '1' }],
    ['a', null, { n: '2' }],
  ])
})

test('what can never be produced is rejected before the commit, and says why', async (t) => {
  const wrong: [Partial<KafkaSinkOptions<string>>, RegExp][] = [
    [{ maxBytes: 400 }, /^too large: the message takes \d+ bytes in topic copies, more than 400$/],
    [{ key: () => undefined as unknown as string }, /^its key is neither text, bytes nor null/],
    [{ value: () => undefined }, /^undefined cannot be written as JSON/],
    [{ headers: () => ({ 'sluice-lane': 'x' }) }, /^its header sluice-lane begins with sluice-/],
    [{ headers: () => ({ n: 1 as unknown as string }) }, /^its header n is no text/],
  ]
  for (const [options, reason] of wrong) {
    const taken = await epochOf({ topic: 'copies', key: () => 'k', ...options }, ['x'.repeat(300)])
    t.is(taken.rejected.length, 1)
    t.like(taken.rejected[0], { operator: 'kafka:copies' })
    t.regex((taken.rejected[0] as Rejection).reason, reason)
    t.like(taken.epoch, { kept: 0, rejected: 1, held: 0 })
    t.deepEqual(taken.messages, [])
  }
})

test('messages are charged until they are durable, and staged in segments of 1 MiB, in order', async (t) => {
  const events = Array.from({ length: 50 }, (_, n) => `${n} ${'x'.repeat(99_000)}`)
  const { messages, segments, held, epoch } = await epochOf(
    { topic: 'copies', key: () => '' },
    events,
  )
  t.deepEqual(
    messages.map(({ value }) => String(value)),
    events,
  )
  t.is(segments.length, 5)
  t.true(segments.every((bytes) => bytes <= 1024 ** 2))
  t.is(epoch.held, held)
  t.true(held >= 50 * 99_000)
})

test('an epoch without messages leaves nothing behind', async (t) => {
  const { epoch } = await epochOf<string>({ topic: 'copies', key: () => '' }, [])
  t.is(
    (await epoch.stage(new Bundle(lane, 1, 'me'), new Account(new Budget(1)))).messages,
    undefined,
  )
})

test('wrong options are named when the sink is made', (t) => {
  for (const topic of ['', '..', 'a b', 'ä', 'x'.repeat(250)])
    t.throws(() => kafkaSink({ topic, key: () => '' }), {
      code: 'config',
      message: /^kafka\.to: a topic cannot be called/,
    })
  for (const maxBytes of [0, -1, 1.5, NaN])
    t.throws(() => kafkaSink({ topic: 'a', key: () => '', maxBytes }), { code: 'config' })
  t.throws(() => kafkaSink({ topic: 'a', key: () => '', partition: 1 } as never), {
    code: 'config',
    message: 'kafka.to has no option partition: it knows topic, key, value, headers, maxBytes',
  })
  t.throws(() => kafkaSink({ topic: 'a', key: () => '', value: 'name' as never }), {
    code: 'config',
    message: "value of kafka.to takes a function, not 'name'",
  })
})

test('used alone, it says that it needs a pipeline', async (t) => {
  const sink = kafkaSink({ topic: 'copies', key: () => '' })
  sink.write('event')
  await t.throwsAsync(finished(sink), {
    message: /^kafka topic 'copies' is not connected to a log/,
  })
})
