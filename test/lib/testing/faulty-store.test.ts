import test from 'ava'
import { StoreError } from '../../../lib/ports.ts'
import {
  type Fault,
  faultyStore,
  memoryStore,
  type StoreCall,
  virtualClock,
} from '../../../lib/testing.ts'
import { storeContract } from '../store-contract.ts'

storeContract(test, async () =>
  faultyStore(memoryStore(), { clock: virtualClock(), fault: () => undefined }),
)

const bytes = (text: string): Buffer => Buffer.from(text)

const faulty = (fault: (call: StoreCall) => Fault | undefined) => {
  const clock = virtualClock(0)
  const inner = memoryStore()
  return { clock, inner, store: faultyStore(inner, { clock, fault }) }
}

test('a request that fails before it is carried out leaves no trace', async (t) => {
  const { store, inner } = faulty(({ method }) => (method === 'put' ? { before: 'fail' } : {}))
  const error = await t.throwsAsync<StoreError>(store.put('a', bytes('1')), { name: 'StoreError' })
  t.is(error.failure, 'transient')
  t.deepEqual(inner.objects(), [])
})

test('a request whose answer is lost is carried out', async (t) => {
  const { store, inner } = faulty(({ number }) => (number === 1 ? { after: 'fail' } : {}))
  await t.throwsAsync(store.put('a', bytes('1')), { message: /^lost answer: put a/ })
  t.is(inner.objects().length, 1)
  t.is(await store.put('a', bytes('2'), { ifAbsent: true }), 'exists')
})

test('a request may never be answered', async (t) => {
  const { store, clock, inner } = faulty(() => ({ after: 'hang' }))
  await t.throwsAsync(clock.run(store.put('a', bytes('1'))), { message: /^stalled/ })
  t.is(inner.objects().length, 1)
})

test('a request may take its time', async (t) => {
  const { store, clock, inner } = faulty(() => ({ before: 30, after: 12 }))
  const put = store.put('a', bytes('1'))
  await clock.advance(29)
  t.deepEqual(inner.objects(), [])
  await clock.run(put)
  t.is(clock.now(), 42)
})

test('a request may wait for something else', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { store, clock, inner } = faulty(() => ({ before: () => promise }))
  const put = store.put('a', bytes('1'))
  await clock.settle()
  t.deepEqual(inner.objects(), [])
  resolve()
  t.is(await put, 'created')
})

test('an error of another kind is thrown as it is', async (t) => {
  const denied = new StoreError('denied', 'no')
  const { store } = faulty(() => ({ before: denied }))
  t.is(await t.throwsAsync(store.get('a')), denied)
})

test('every request is told with its method, its key and its numbers', async (t) => {
  const calls: StoreCall[] = []
  const { store } = faulty((call) => void calls.push(call))
  await store.put('a', bytes('1'))
  await store.get('a')
  await store.put('b', bytes('1'))
  for await (const _ of store.list('a'));
  await store.delete(['b', 'a'])
  t.deepEqual(calls, [
    { method: 'put', key: 'a', number: 1, nth: 1 },
    { method: 'get', key: 'a', number: 2, nth: 1 },
    { method: 'put', key: 'b', number: 3, nth: 2 },
    { method: 'list', key: 'a', number: 4, nth: 1 },
    { method: 'delete', key: 'b', number: 5, nth: 1 },
  ])
})
