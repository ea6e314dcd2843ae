import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import test from 'ava'
import { minutes } from '../../../lib/duration.ts'
import { byField } from '../../../lib/s3/partitioner/by-field.ts'
import { jsonArray } from '../../../lib/s3/format/json-array.ts'
import { s3Sink } from '../../../lib/s3/sink.ts'
import { standalone } from '../../../lib/s3/standalone.ts'
import { faultyStore, memoryStore, virtualClock } from '../../../lib/testing.ts'
import { dedupe, map } from '../../../operators/index.ts'

const text = (store: ReturnType<typeof memoryStore>): string[] =>
  store.objects().map(({ bytes }) => bytes.toString())

test('plain events become an object when the stream ends', async (t) => {
  const store = memoryStore()
  await pipeline(Readable.from([{ n: 1 }, { n: 2 }]), standalone({ prefix: 'a' }, { store }))
  t.deepEqual(text(store), ['{"n":1}\n{"n":2}\n'])
})

test('operators go before it as before any Writable', async (t) => {
  const store = memoryStore()
  await pipeline(
    Readable.from(['a', 'b', 'a']),
    dedupe((event: string) => event, { within: minutes(1) }),
    map((event) => ({ event })),
    standalone({ prefix: 'a', format: jsonArray() }, { store }),
  )
  t.deepEqual(text(store), ['[\n{"event":"a"},\n{"event":"b"}\n]\n'])
})

test('folders and limits are those of the sink', async (t) => {
  const store = memoryStore()
  const sink = standalone<{ k: string }>(
    { prefix: 'a', partitionBy: byField('k'), rotate: { records: 2 } },
    { store },
  )
  await pipeline(Readable.from(['x', 'y', 'x', 'x'].map((k) => ({ k }))), sink)
  t.deepEqual(text(store).toSorted(), ['{"k":"x"}\n', '{"k":"x"}\n{"k":"x"}\n', '{"k":"y"}\n'])
})

test('an object that is full is there before the stream ends', async (t) => {
  const store = memoryStore()
  const sink = standalone({ prefix: 'a', rotate: { records: 1 } }, { store })
  await new Promise((resolve) => sink.write({ n: 1 }, resolve))
  t.deepEqual(text(store), ['{"n":1}\n'])
  sink.destroy()
})

test('a stream that fails leaves nothing unfinished to be seen', async (t) => {
  const store = memoryStore()
  const failing = Readable.from(
    (function* () {
      yield { n: 1 }
      throw new Error('the source broke')
    })(),
  )
  await t.throwsAsync(pipeline(failing, standalone({ prefix: 'a' }, { store })), {
    message: 'the source broke',
  })
  t.deepEqual(text(store), [])
})

test('what is fed again is written again, beside what is there', async (t) => {
  const store = memoryStore()
  for (let run = 0; run < 3; run++)
    await pipeline(Readable.from([{ n: 1 }]), standalone({ prefix: 'a' }, { store }))
  t.is(store.objects().length, 3)
  for (const { key } of store.objects()) t.regex(key, /^a\/events\+[0-9a-f]{6}\+1\.0\.jsonl$/)
})

test('large objects go up in parts', async (t) => {
  const store = memoryStore()
  const row = 'x'.repeat(1024 * 1024)
  const events = Array.from({ length: 20 }, () => row)
  await pipeline(Readable.from(events), standalone({ prefix: 'a' }, { store }))
  t.is(text(store)[0]?.length, 20 * (row.length + 3))
  t.is(store.openUploads, 0)
})

test('a store that fails for a while holds the stream up, and no more', async (t) => {
  const inner = memoryStore()
  const clock = virtualClock()
  const store = faultyStore(inner, {
    clock,
    fault: ({ nth }) => (nth <= 3 ? { before: 'fail' } : undefined),
  })
  await clock.run(
    pipeline(Readable.from([{ n: 1 }]), standalone({ prefix: 'a' }, { store, clock })),
  )
  t.deepEqual(text(inner), ['{"n":1}\n'])
})

test('an event that cannot be written fails the stream, and is named', async (t) => {
  const sink = standalone({ prefix: 'a' }, { store: memoryStore() })
  await t.throwsAsync(pipeline(Readable.from([() => 1]), sink), {
    code: 'rejected',
    message: /^the sink a cannot write an event: a value of type function/,
  })
})

test('a sink that nobody has given a store says so', async (t) => {
  await t.throwsAsync(pipeline(Readable.from([{ n: 1 }]), s3Sink({ prefix: 'a' })), {
    code: 'config',
    message: /^s3 prefix 'a' is not connected to a store: .* through standalone\(\)/,
  })
})
