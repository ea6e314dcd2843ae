import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { headersOf, markOf, producingAs } from '../../../lib/commit/mark.ts'
import {
  decodeMessages,
  encodeMessage,
  type Outbox,
  recordsOf,
  segmentsFrom,
} from '../../../lib/commit/outbox.ts'
import { sha256 } from '../../../lib/commit/record.ts'
import type { Headers } from '../../../lib/message.ts'
import { memoryStore } from '../../../lib/testing.ts'

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
const message = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.option(fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), {
    nil: undefined,
  }),
})

testProp(
  'messages come back from a bundle as they went in',
  [fc.array(message, { maxLength: 20 })],
  (t, messages) => {
    t.deepEqual(decodeMessages(Buffer.concat(messages.map(encodeMessage))), messages)
  },
)

const lane = { pipeline: 'relay', topic: 'views', partition: 3, stage: 1 } as const
const producing = producingAs('a1b2c3', lane)
const outbox: Outbox = {
  sink: 'kafka:copies',
  topic: 'copies',
  commit: 7,
  tick: 1_000,
  partitions: 4,
  count: 2,
  segments: [],
}
const segment = Buffer.concat([
  encodeMessage({ key: Buffer.from('a'), value: null, headers: { of: 'mine' } }),
  encodeMessage({ key: null, value: Buffer.from('b'), headers: undefined }),
])

test('a message is produced under the number of its commit and its own, the same at every repeat', (t) => {
  const [first, second] = recordsOf(outbox, segment, 5, producing)
  t.like(first, { value: null, timestamp: 1_000 })
  t.deepEqual(first?.headers, {
    of: 'mine',
    'sluice-instance': 'relay/a1b2c3',
    'sluice-lane': 'views-3',
    'sluice-commit': '7',
    'sluice-ordinal': '5',
    'sluice-topic': 'copies',
  })
  t.is(second?.headers?.['sluice-ordinal'], '6')
  t.deepEqual(recordsOf(outbox, segment, 5, producing), [first, second])
})

test('messages without a key go to all partitions in turn', (t) => {
  const partitions = [0, 1, 2, 3].map(
    (ordinal) => recordsOf(outbox, segment, ordinal, producing)[1]?.partition,
  )
  t.deepEqual(partitions, [0, 1, 2, 3])
})

const asRead = (headers: Readonly<Record<string, string>>): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]))

test('a mark is read in the topic that it was made for, and in no other', (t) => {
  const mark = { ...producing, commit: 7, ordinal: 0 }
  const headers = asRead(headersOf('copies', mark))
  t.deepEqual(markOf(headers, 'copies'), mark)
  t.is(markOf(headers, 'derived'), undefined)
})

test('headers that only look like a mark are none', (t) => {
  const headers = asRead(headersOf('copies', { ...producing, commit: 7, ordinal: 0 }))
  for (const commit of ['', '-1', '1e3', '9'.repeat(30)])
    t.is(markOf({ ...headers, 'sluice-commit': Buffer.from(commit) }, 'copies'), undefined)
  const twice = [Buffer.from('1'), Buffer.from('2')]
  t.is(markOf({ ...headers, 'sluice-ordinal': twice }, 'copies'), undefined)
  const { 'sluice-lane': _, ...without } = headers
  t.is(markOf(without, 'copies'), undefined)
})

test('the stages of a lane go by two names', (t) => {
  t.is(producingAs('a1b2c3', { ...lane, stage: 2 }).lane, 'views-3-merge')
})

test('messages whose bytes have changed since the commit are not produced', async (t) => {
  const store = memoryStore()
  const written = { bundle: 'b', from: 1, to: 1 + segment.length, count: 2 }
  await store.put('b', Buffer.concat([Buffer.from('-'), segment]))
  const read = segmentsFrom(store)
  t.deepEqual(await read({ ...written, sha256: sha256(segment) }, outbox), segment)
  await t.throwsAsync(async () => read({ ...written, sha256: sha256('other') }, outbox), {
    code: 'corrupt',
    message:
      /^messages for topic copies are committed \(commit 7\) but their bytes in b of memory are altered/,
  })
  const gone = { ...written, bundle: 'c', sha256: '' }
  await t.throwsAsync(async () => read(gone, outbox), { message: /are gone; restore/ })
})
