import test from 'ava'
import { memoryStore } from '../../../lib/testing.ts'
import { storeContract } from '../store-contract.ts'

storeContract(test, async () => memoryStore())

const bytes = (text: string): Buffer => Buffer.from(text)

test('all that is there can be looked at, with what it is and what it says of itself', async (t) => {
  const store = memoryStore()
  const options = { metadata: { rows: '1' }, contentType: 'text/plain' }
  await store.put('b', bytes('2'), { ...options, tags: { a: 'b' } })
  await store.put('a/x', bytes('1'))
  t.deepEqual(store.objects(), [
    {
      key: 'a/x',
      bytes: bytes('1'),
      metadata: {},
      contentType: undefined,
      settings: {},
    },
    { key: 'b', bytes: bytes('2'), ...options, settings: { tags: { a: 'b' } } },
  ])
  t.deepEqual(
    store.objects('a/').map(({ key }) => key),
    ['a/x'],
  )
})

test('what was read is the reader’s own', async (t) => {
  const store = memoryStore()
  await store.put('a', bytes('one'))
  ;(await store.get('a'))?.fill('x')
  t.deepEqual(await store.get('a'), bytes('one'))
})

test('an upload of parts that S3 would not join is refused', async (t) => {
  const store = memoryStore()
  const id = await store.createUpload('a')
  const first = await store.uploadPart('a', id, 1, [bytes('small')])
  const second = await store.uploadPart('a', id, 2, [bytes('last')])
  const refused = { name: 'StoreError' }
  const complete = (parts: (typeof first)[]) => store.completeUpload('a', id, parts)
  await t.throwsAsync(complete([first, second]), { ...refused, message: /has 5 bytes/ })
  await t.throwsAsync(complete([]), { ...refused, message: /names no part/ })
  await t.throwsAsync(complete([second, first]), { ...refused, message: /not in order/ })
  await t.throwsAsync(complete([{ ...first, etag: 'other' }]), { ...refused, message: /as it was/ })
  t.is(store.openUploads, 1)
})

test('completing an upload once more answers as the store that is wanted', async (t) => {
  for (const completedAgain of ['gone', 'completed'] as const) {
    const store = memoryStore({ completedAgain })
    const id = await store.createUpload('a')
    const parts = [await store.uploadPart('a', id, 1, [bytes('one')])]
    t.is(await store.completeUpload('a', id, parts), 'completed')
    t.is(await store.completeUpload('a', id, parts), completedAgain)
  }
})
