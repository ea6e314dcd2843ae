import test from 'ava'
import { Chain, indexOf, recordKey } from '../../../lib/commit/chain.ts'
import { encode, RECORD_VERSION } from '../../../lib/commit/record.ts'
import { type ObjectStore, StoreError } from '../../../lib/ports.ts'
import {
  type Fault,
  faultyStore,
  memoryStore,
  type StoreCall,
  virtualClock,
} from '../../../lib/testing.ts'
import { aRecord, lane } from './a-record.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

/** A chain in a store where requests may go wrong. */
const chainWith = (fault: (call: StoreCall) => Fault | undefined = () => undefined) => {
  const clock = virtualClock()
  const inner = memoryStore()
  const store: ObjectStore = faultyStore(inner, { clock, fault })
  return { chain: new Chain(lane, store, clock), inner, clock }
}

test('the newest record is listed first, whatever the indices', async (t) => {
  const keys = [1, 2, 9, 10, 99, 100, 1e6, 1e14].map((index) => recordKey(lane, index))
  t.deepEqual(keys.toSorted(), keys.toReversed())
  t.deepEqual(keys.map(indexOf), [1, 2, 9, 10, 99, 100, 1e6, 1e14])
})

test('both stages of a lane, and every other lane, have chains of their own', (t) => {
  const lanes = [
    lane,
    { ...lane, stage: 2 as const },
    { ...lane, partition: 4 },
    { ...lane, topic: 'other' },
    { ...lane, pipeline: 'other' },
  ]
  t.is(new Set(lanes.map((other) => recordKey(other, 1))).size, lanes.length)
})

test('a chain that nobody has begun has no newest record', async (t) => {
  const { chain } = chainWith()
  t.is(await chain.newest(), undefined)
  t.is(await chain.read(1), undefined)
})

test('a record that was appended is ours, the newest, and read back', async (t) => {
  const { chain } = chainWith()
  for (const index of [1, 2, 3]) {
    const appended = await chain.append(aRecord({ index, token: `t${index}` }))
    t.is(appended.outcome, 'ours')
  }
  t.is((await chain.newest())?.record.index, 3)
  t.is((await chain.read(2))?.record.token, 't2')
  const indices: number[] = []
  for await (const { record } of chain.records(1)) indices.push(record.index)
  t.deepEqual(indices, [2, 3])
})

test('a record in the place of which another one stands is fenced by that', async (t) => {
  const { chain, inner } = chainWith()
  const rival = aRecord({ token: 'rival', host: 'elsewhere' })
  await inner.put(recordKey(lane, 1), encode(rival))
  const appended = await chain.append(aRecord({ token: 'ours' }))
  t.deepEqual(appended, { outcome: 'fenced', by: rival })
  t.deepEqual((await chain.newest())?.record, rival)
})

test('a record that is there already because it was sent twice is ours', async (t) => {
  const { chain } = chainWith()
  await chain.append(aRecord())
  t.is((await chain.append(aRecord())).outcome, 'ours')
})

test('a lost answer is settled by reading back', async (t) => {
  const { chain, clock } = chainWith(({ method, nth }) =>
    method === 'put' && nth === 1 ? { after: 'fail' } : undefined,
  )
  t.is((await clock.run(chain.append(aRecord()))).outcome, 'ours')
})

test('a request that failed is sent again', async (t) => {
  const { chain, clock, inner } = chainWith(({ method, nth }) =>
    method === 'put' && nth <= 3 ? { before: 'fail' } : undefined,
  )
  t.is((await clock.run(chain.append(aRecord()))).outcome, 'ours')
  t.is(inner.objects().length, 1)
})

test('a rival that comes between a failure and its repetition fences', async (t) => {
  const rival = aRecord({ token: 'rival' })
  const { chain, clock, inner } = chainWith(({ method, nth }) =>
    method === 'put' && nth === 1 ? { before: 'fail' } : undefined,
  )
  const appended = chain.append(aRecord({ token: 'ours' }))
  await clock.settle()
  await inner.put(recordKey(lane, 1), encode(rival))
  t.is((await clock.run(appended)).outcome, 'fenced')
})

test('a lost answer and a reading back that fails too are settled in the end', async (t) => {
  const { chain, clock } = chainWith(({ method, nth }) => {
    if (method === 'put' && nth === 1) return { after: 'fail' }
    return method === 'get' && nth <= 2 ? { before: 'fail' } : undefined
  })
  t.is((await clock.run(chain.append(aRecord()))).outcome, 'ours')
})

test('a store that refuses is not asked again', async (t) => {
  const { chain } = chainWith(({ method }) =>
    method === 'put' ? { before: new StoreError('denied', 'no right to write') } : undefined,
  )
  await t.throwsAsync(chain.append(aRecord()), { code: 'service', message: 'no right to write' })
})

test('appending ends when its signal says so', async (t) => {
  const { chain, clock } = chainWith(({ method }) =>
    method === 'put' ? { before: 'fail' } : undefined,
  )
  const abort = new AbortController()
  const appended = chain.append(aRecord(), abort.signal)
  await clock.settle()
  const reason = new Error('enough')
  abort.abort(reason)
  t.is(await t.throwsAsync(clock.run(appended)), reason)
})

test('what is no record is named', async (t) => {
  const { chain, inner } = chainWith()
  await inner.put(recordKey(lane, 1), bytes('{'))
  await t.throwsAsync(chain.newest(), {
    code: 'corrupt',
    message: /events\/3\/commits\/\d+\.json in memory is not a commit record/,
  })
})

test('a record of a newer format is refused with what to do', async (t) => {
  const { chain, inner } = chainWith()
  await inner.put(recordKey(lane, 1), encode(aRecord({ v: RECORD_VERSION + 1 })))
  await t.throwsAsync(chain.newest(), { code: 'config', message: /upgrade this process/ })
})
