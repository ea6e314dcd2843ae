import test from 'ava'
import { publish, publishAll, TOKEN } from '../../../lib/commit/publish.ts'
import { type Segment, sha256, type StagedObject } from '../../../lib/commit/record.ts'
import type { ObjectStore } from '../../../lib/ports.ts'
import {
  type Fault,
  faultyStore,
  memoryStore,
  type MemoryStoreOptions,
  type StoreCall,
  virtualClock,
} from '../../../lib/testing.ts'
import { staged } from './a-record.ts'

const content = Buffer.from('[1]')
const clock = virtualClock()
const bytesOf = () => Promise.resolve(content)
const small = staged('raw/a', { bytes: content.length, sha256: sha256(content) })

const publishIn = (store: ObjectStore, object: StagedObject): Promise<void> =>
  clock.run(publish(object, store, bytesOf, { clock }))

/** In parts of two bytes. */
async function inParts(store: ObjectStore): Promise<StagedObject> {
  const segments: Segment[] = []
  for (let from = 0; from < content.length; from += 2) {
    const bytes = content.subarray(from, from + 2)
    await store.put(`part-${from}`, bytes)
    segments.push({ bundle: `part-${from}`, from: 0, to: bytes.length, sha256: sha256(bytes) })
  }
  return { ...small, staged: { in: 'bundles', segments } }
}

async function uploaded(store: ObjectStore): Promise<StagedObject> {
  const uploadId = await store.createUpload(small.key, { metadata: { [TOKEN]: small.token } })
  const parts = [await store.uploadPart(small.key, uploadId, 1, [content])]
  return { ...small, staged: { in: 'upload', uploadId, parts } }
}

test('a small object is there after it was published, and says whose it is', async (t) => {
  const store = memoryStore()
  await publishIn(store, small)
  const [object] = store.objects()
  t.deepEqual(object?.bytes, content)
  t.is(object?.contentType, 'application/json')
  t.like(object?.metadata, {
    [TOKEN]: small.token,
    'sluice-rows': '2',
    'sluice-first-offset': '5',
    'sluice-last-offset': '9',
    'sluice-min-time': '100',
    'sluice-max-time': '200',
  })
})

test('an object without event times does not state any', async (t) => {
  const store = memoryStore()
  await publishIn(store, { ...small, minTime: Infinity, maxTime: -Infinity })
  t.false('sluice-min-time' in (store.objects()[0]?.metadata ?? {}))
})

const wrong: readonly [string, (call: StoreCall) => Fault | undefined][] = [
  ['at once', () => undefined],
  ['when requests fail', ({ nth }) => (nth === 1 ? { before: 'fail' } : undefined)],
  ['when answers are lost', ({ nth }) => (nth === 1 ? { after: 'fail' } : undefined)],
]

for (const [when, fault] of wrong)
  for (const options of [{}, { completedAgain: 'completed' }] as MemoryStoreOptions[])
    test(`publishing any number of times does the same as once, ${when}, where a second completion answers ${options.completedAgain ?? 'gone'}`, async (t) => {
      for (const stage of [() => small, uploaded, inParts]) {
        const inner = memoryStore(options)
        const object = await stage(inner)
        const store = faultyStore(inner, { clock, fault })
        await publishIn(store, object)
        const after = inner.objects()
        await publishIn(store, object)
        t.deepEqual(inner.objects(), after)
        t.deepEqual(after.find(({ key }) => key === object.key)?.bytes, content)
      }
    })

test('an object that somebody else has put there is left alone, and the lane stops', async (t) => {
  const store = memoryStore()
  await store.put(small.key, Buffer.from('theirs'), { metadata: { [TOKEN]: 'theirs' } })
  await t.throwsAsync(publishIn(store, small), {
    code: 'corrupt',
    message: /^cannot publish raw\/a: somebody else .*offsets 5 to 9/,
  })
  t.is(store.objects()[0]?.bytes.toString(), 'theirs')
})

test('an object that is said to be complete while somebody puts it together is waited for', async (t) => {
  const inner = memoryStore()
  const object = await uploaded(inner)
  let asked = 0
  const store: ObjectStore = {
    ...inner,
    completeUpload: (...upload) =>
      ++asked < 3 ? Promise.resolve('completed') : inner.completeUpload(...upload),
  }
  await publishIn(store, object)
  t.is(asked, 3)
  t.deepEqual(inner.objects()[0]?.bytes, content)
})

test('an upload that was taken away is a loss, and said to be one', async (t) => {
  const store = memoryStore()
  const object = await uploaded(store)
  if (object.staged.in === 'upload') await store.abortUpload(object.key, object.staged.uploadId)
  await t.throwsAsync(publishIn(store, object), {
    code: 'corrupt',
    message: /raw\/a was committed and then removed from memory.*offsets 5 to 9 are not visible/,
  })
})

test('the bytes of a small object are read back from its bundle, and proved', async (t) => {
  const store = memoryStore()
  const object: StagedObject = { ...small, staged: { in: 'bundle', bundle: 'b', from: 2, to: 5 } }
  const publishOne = () => clock.run(publishAll([object], store, undefined, { clock }))
  await t.throwsAsync(publishOne, { code: 'corrupt', message: /bytes in b of memory are gone/ })
  await store.put('b', Buffer.from('xx[2]xx'))
  await t.throwsAsync(publishOne, { code: 'corrupt', message: /are altered/ })
  await store.put('b', Buffer.from('xx[1]xx'))
  await publishOne()
  t.deepEqual(
    store.objects('raw').map(({ bytes }) => bytes),
    [content],
  )
})

test('parts are proved as an object is put together of them', async (t) => {
  const store = memoryStore()
  const object = await inParts(store)
  const publishOne = () => clock.run(publishAll([object], store, undefined, { clock }))
  await store.put('part-2', Buffer.from('x'))
  await t.throwsAsync(publishOne, { code: 'corrupt', message: /part-2 of memory is altered/ })
  t.is(await store.head(object.key), undefined)
  await store.put('part-2', content.subarray(2))
  await publishOne()
  t.deepEqual(await store.get(object.key), content)
})

test('small objects that lie side by side are read at once, in whatever order they are listed', async (t) => {
  const inner = memoryStore()
  const reads: string[] = []
  const store = faultyStore(inner, {
    clock,
    fault: ({ method, key }) => void (method === 'get' && reads.push(key)),
  })
  const size = 150 * 1024
  const bytes = Buffer.alloc(7 * size, 'x')
  for (const bundle of ['a', 'b']) await inner.put(bundle, bytes)
  const objects = ['a', 'b'].flatMap((bundle) =>
    Array.from({ length: 7 }, (_, i): StagedObject => {
      const staged = { in: 'bundle', bundle, from: i * size, to: (i + 1) * size } as const
      const name = `raw/${bundle}${i}`
      return { ...small, key: name, token: name, sha256: sha256(bytes.subarray(0, size)), staged }
    }),
  )
  await clock.run(publishAll(objects.toReversed(), store, undefined, { clock }))
  t.is(inner.objects('raw').length, 14)
  // three of them are read at once
  t.deepEqual(reads, ['a', 'a', 'a', 'b', 'b', 'b'])
})
