import { randomUUID } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import {
  type ObjectSettings,
  type ObjectStore,
  StoreError,
  type StoreFailure,
} from '../../lib/ports.ts'
import { s3Store } from '../../lib/s3/client.ts'
import type { S3StoreOptions } from '../../lib/s3/client-config.ts'
import { type Services, startServices } from '../../lib/services/index.ts'
import { storeContract } from '../lib/store-contract.ts'

type StoreName = 'versitygw' | 'minio'

/** What a server gets wrong. Each runs and has to fail, so that we hear of it when it is mended. */
const defects = new Set([
  'versitygw: a put without metadata leaves none of what was there',
  'versitygw: an upload that is gone is told, though its key is taken',
])

const bytes = Buffer.from('some bytes')

let services: Services<StoreName>

test.before(async () => {
  services = await startServices(['versitygw', 'minio'])
})

test.after.always(() => services?.remove())

for (const name of ['versitygw', 'minio'] as const) {
  const on = (title: string, body: (t: ExecutionContext) => Promise<void>): void =>
    (defects.has(`${name}: ${title}`) ? test.failing : test)(`${name}: ${title}`, body)

  storeContract(on, () => Promise.resolve(open(name)))

  on('an upload that is gone is told, though its key is taken', async (t) => {
    const store = opened(t, name)
    const key = randomUUID()
    const id = await store.createUpload(key)
    const parts = [await store.uploadPart(key, id, 1, [bytes])]
    await store.abortUpload(key, id)
    await store.put(key, Buffer.from('of another'))
    t.is(await store.completeUpload(key, id, parts), 'gone')
  })

  on('tags and an encoding are kept with an object, however it was put', async (t) => {
    const store = opened(t, name)
    const wishes = { tags: { 'cost centre': 'a/b', empty: '' }, contentEncoding: 'gzip' }
    for (const key of await putAndUploaded(store, wishes)) t.deepEqual(await store.get(key), bytes)
  })

  on('an object is encrypted, or the wish is refused', async (t) => {
    const encryption = { algorithm: 'aws:kms', keyId: 'sluice' } as const
    const store = opened(t, name, { encryption })
    if (name === 'minio') {
      for (const key of await putAndUploaded(store)) t.deepEqual(await store.get(key), bytes)
      return
    }
    const message = /encrypted by aws:kms and the store says that it was not$/
    await t.throwsAsync(store.put(randomUUID(), bytes), { instanceOf: StoreError, message })
  })

  on('more keys than one request takes are listed and deleted', async (t) => {
    const store = opened(t, name)
    const prefix = `${randomUUID()}/`
    const keys = Array.from({ length: 1_001 }, (_, i) => prefix + String(i).padStart(4, '0'))
    for (let from = 0; from < keys.length; from += 50)
      await Promise.all(keys.slice(from, from + 50).map((key) => store.put(key, bytes)))
    t.deepEqual(await all(store.list(prefix)), keys)
    await store.delete(keys)
    t.deepEqual(await all(store.list(prefix)), [])
  })

  on('a key with every kind of character is one key', async (t) => {
    const store = opened(t, name)
    const key = `${randomUUID()}/a b&<>"'%25+=:*?|é😀.json`
    await store.put(key, bytes)
    t.deepEqual(await store.get(key), bytes)
    t.deepEqual(await all(store.list(key.slice(0, 40))), [key])
    await store.delete([key])
    t.is(await store.head(key), undefined)
  })

  on('a file name is as long as the store says', async (t) => {
    const store = opened(t, name)
    const [put, uploaded] = ['x', 'y'].map((x) => `${randomUUID()}/${x.repeat(255)}`) as [
      string,
      string,
    ]
    t.is(store.problemWith(put), undefined)
    t.is(await store.put(put, bytes, { ifAbsent: true }), 'created')
    const id = await store.createUpload(uploaded)
    const parts = [await store.uploadPart(uploaded, id, 1, [bytes])]
    t.is(await store.completeUpload(uploaded, id, parts), 'completed')
  })

  on('wrong credentials are denied', async (t) => {
    const secretAccessKey = 'wrong'
    const { accessKeyId } = credentials()
    await fails(t, 'denied', opened(t, name, { credentials: { accessKeyId, secretAccessKey } }))
    const stranger = { accessKeyId: 'nobody', secretAccessKey }
    await fails(t, 'denied', opened(t, name, { credentials: stranger }))
  })

  on('a bucket that is not there and a wrong region are settings to be changed', async (t) => {
    await fails(t, 'config', opened(t, name, { bucket: 'no-such-bucket' }))
    await fails(t, 'config', opened(t, name, { region: 'eu-west-1' }))
  })
}

test.serial('a store that was killed serves again when it is back', async (t) => {
  const store = opened(t, 'versitygw')
  const key = randomUUID()
  await store.put(key, bytes)
  await services.versitygw.kill()
  await fails(t, 'transient', store)
  await services.versitygw.start()
  t.deepEqual(await store.get(key), bytes)
})

/** Writing, listing and beginning an upload fail so. */
async function fails(t: ExecutionContext, failure: StoreFailure, store: ObjectStore) {
  for (const attempt of [
    () => store.put('a', bytes, { ifAbsent: true }),
    () => all(store.list('a')),
    () => store.createUpload('a'),
  ]) {
    const error = await t.throwsAsync<StoreError>(attempt, { instanceOf: StoreError })
    t.is(error?.failure, failure, error?.message)
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

function credentials() {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = services.environment
  return { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY }
}

/** The keys of two objects, one put at once and one uploaded in parts. */
async function putAndUploaded(
  store: ObjectStore,
  settings: ObjectSettings = {},
): Promise<string[]> {
  const [one, other] = [randomUUID(), randomUUID()]
  await store.put(one, bytes, { ifAbsent: true, ...settings })
  const id = await store.createUpload(other, settings)
  await store.completeUpload(other, id, [await store.uploadPart(other, id, 1, [bytes])])
  return [one, other]
}

function open(name: StoreName, options: Partial<S3StoreOptions> = {}): ObjectStore {
  const { S3_BUCKET = '', S3_REGION } = services.environment
  const endpoint = services[name].url
  return s3Store({
    bucket: S3_BUCKET,
    endpoint,
    region: S3_REGION,
    credentials: credentials(),
    ...options,
  })
}

function opened(t: ExecutionContext, name: StoreName, options?: Partial<S3StoreOptions>) {
  const store = open(name, options)
  t.teardown(() => store.close())
  return store
}
