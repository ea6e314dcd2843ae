import { once } from 'node:events'
import test from 'ava'
import { StoreError } from '../../../lib/ports.ts'
import {
  answer,
  type Answer,
  errorXml,
  scriptedStore,
  scriptedStoreWith,
} from './scripted-server.ts'

const bytes = Buffer.from('some bytes')
const done = answer(200, '', { etag: '"e"' })
const transient = { instanceOf: StoreError, message: /^cannot / }

for (const [status, code, throttled] of [
  [503, 'SlowDown', true],
  [503, 'SlowDownWrite', true],
  [503, 'ServiceUnavailable', true],
  [429, 'TooManyRequests', true],
  [400, 'ThrottlingException', true],
  [500, 'InternalError', false],
  [403, 'AccessDenied', false],
] as const)
  test(`${status} ${code} ${throttled ? 'asks' : 'does not ask'} for fewer requests`, async (t) => {
    const { store } = await scriptedStore(
      t,
      answer(status, errorXml(code), { 'retry-after': '3' }),
      answer(status, errorXml(code), { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }),
    )
    const error = await t.throwsAsync<StoreError>(store.put('a', bytes))
    t.is(error?.throttled, throttled)
    t.is(error?.retryAfter, 3_000)
    t.is((await t.throwsAsync<StoreError>(store.put('a', bytes)))?.retryAfter, 0)
  })

for (const [code, throttled] of [
  ['InternalError', false],
  ['SlowDown', true],
] as const)
  test(`${code} in an answer of success ${throttled ? 'asks' : 'does not ask'} for fewer requests`, async (t) => {
    const { store } = await scriptedStore(t, answer(200, errorXml(code)))
    const completing = store.completeUpload('a', 'id', [{ number: 1, etag: '"p"' }])
    const error = await t.throwsAsync<StoreError>(completing)
    t.is(error?.failure, 'transient')
    t.is(error?.throttled, throttled)
  })

test('a server that never answers is given up, its connection closed, and asked again', async (t) => {
  const closed: Promise<unknown>[] = []
  const silent: Answer = (response) => void closed.push(once(response.socket!, 'close'))
  const { store, requests } = await scriptedStoreWith(t, { silence: 200 }, silent, silent, done)
  await t.throwsAsync(store.put('a', bytes, { ifAbsent: true }), transient)
  await t.throwsAsync(store.get('a'), transient)
  t.is(await store.put('a', bytes, { ifAbsent: true }), 'created')
  t.is(requests.length, 3)
  await t.notThrowsAsync(Promise.all(closed))
})

test('a large body that gets through without a sign for longer than usual gets through at last', async (t) => {
  const slowly: Answer = (response) => void setTimeout(() => done(response, response.req), 500)
  const { store, requests } = await scriptedStoreWith(
    t,
    { silence: 100 },
    ...Array.from({ length: 5 }, () => slowly),
  )
  const large = [Buffer.alloc(300_000)]
  await t.throwsAsync(store.store('a', large), transient)
  await t.throwsAsync(store.store('a', large), transient)
  while (!(await isStored(store.store('a', large))));
  t.true(requests.length > 2)
  t.is(requests.at(-1)?.body.length, 300_000)
})

const isStored = (storing: Promise<void>): Promise<boolean> =>
  storing.then(
    () => true,
    () => false,
  )
