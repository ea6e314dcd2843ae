import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { at, barrier, clock, feed, watermark } from '../../lib/testing.ts'
import { batch } from '../../operators/batch.ts'

const sized = (name: string, bytes: number) => at('09:00', name, { bytes: Buffer.alloc(bytes) })

test('a batch leaves when it is full, at the barrier and at the end', async (t) => {
  const letters = feed(
    at('09:00', 'a'),
    at('09:01', 'b'),
    at('09:02', 'c'),
    barrier(),
    at('09:03', 'd'),
  )
  t.deepEqual(await letters.through(batch({ count: 2 })), [['a', 'b'], ['c'], ['d']])
})

test('a batch never exceeds its bytes, unless by one event alone', async (t) => {
  const letters = feed(sized('a', 4), sized('b', 6), sized('c', 1), sized('d', 20), sized('e', 1))
  t.deepEqual(await letters.through(batch({ bytes: 10 })), [['a', 'b'], ['c'], ['d'], ['e']])
})

test('a batch stands where its last event did', async (t) => {
  const { messages, operator } = await feed(
    at('09:00', 'a', { offset: 7 }),
    at('09:01', 'b', { offset: 8 }),
  ).run(batch({ count: 2 }))
  t.deepEqual([messages[0]?.time, messages[0]?.record.offset], [clock('09:01'), 8])
  t.deepEqual(operator.fates, { dropped: 0, rejected: 0, expanded: 0 })
})

test('a watermark does not cut a batch short', async (t) => {
  const letters = feed(at('09:00', 'a'), watermark('09:00'), at('09:01', 'b'))
  t.deepEqual(await letters.through(batch({ count: 2 })), [['a', 'b']])
})

test('a batch without a limit, or with an impossible one, is refused', (t) => {
  t.throws(() => batch({}), { message: 'batch needs count, bytes, or both' })
  t.throws(() => batch({ count: 0 }), { message: /count of batch must be a whole number/ })
  t.throws(() => batch({ count: 5, bytes: 1.5 }), { message: /bytes of batch/ })
})

testProp(
  'batches hold all events in order, within both limits',
  [
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 9, max: 30 }),
  ],
  async (t, sizes, count, bytes) => {
    const events = sizes.map((size) => ({ ...sized('', size), value: size }))
    const batches = await feed(...events).through(batch({ count, bytes }))
    t.deepEqual(batches.flat(), sizes)
    t.true(batches.every((list) => list.length > 0 && list.length <= count))
    t.true(batches.every((list) => list.reduce((sum, size) => sum + size, 0) <= bytes))
  },
)
