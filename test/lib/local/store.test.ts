import { fork } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { SluiceError } from '../../../lib/errors.ts'
import { folderStore } from '../../../lib/local/store.ts'
import { sizeAndMetadata, storeContract } from '../store-contract.ts'
import { testFolder } from './folder.ts'

storeContract(test, (t) => folderStore(testFolder(t)))

const bytes = (text: string): Buffer => Buffer.from(text)

async function keysOf(items: AsyncIterable<string>): Promise<string[]> {
  const keys: string[] = []
  for await (const key of items) keys.push(key)
  return keys
}

test('an object is a plain file at its key', async (t) => {
  const root = testFolder(t)
  const store = await folderStore(root)
  const key = "raw/year=2025/Côte d'Ivoire, a.json"
  await store.put(key, bytes('[]'), { metadata: { rows: '0' } })
  t.is(readFileSync(join(root, key), 'utf8'), '[]')
  t.deepEqual(readdirSync(root).toSorted(), ['.sluice', 'raw'])
  await store.close()
})

test('keys that a file system cannot hold as they are come back as they were', async (t) => {
  const store = await folderStore(testFolder(t))
  const keys = ['.sluice/writer/x', 'a%00', 'a/', 'a/../b', 'a//b', 'a%=', '/', '100%', '%empty/a']
  for (const key of keys) t.is(await store.put(key, bytes(key), { ifAbsent: true }), 'created')
  for (const key of keys) t.deepEqual(await store.get(key), bytes(key))
  t.deepEqual((await keysOf(store.list(''))).toSorted(), keys.toSorted())
  await store.delete(keys)
  t.deepEqual(await keysOf(store.list('')), [])
  await store.close()
})

test('a key that is too long is refused by name', async (t) => {
  const store = await folderStore(testFolder(t))
  const key = `a/${'x'.repeat(300)}`
  t.regex(store.problemWith(key)!, /takes 300 bytes/)
  await t.throwsAsync(store.put(key, bytes('')), {
    name: 'StoreError',
    message: /Cannot put a\/x+ in .*takes 300 bytes/,
  })
  await store.close()
})

test('folders that are called after escaped values are there as they are called', async (t) => {
  const root = testFolder(t)
  const store = await folderStore(root)
  const key = 'empty=%/percent=100%25/dot=%2E/lines=a%0Ab/slash=%2F/x.csv'
  await store.put(key, bytes(''))
  t.is(readFileSync(join(root, key), 'utf8'), '')
  await store.close()
})

for (const order of [
  ['a', 'a/b', 'a/b/c'],
  ['a/b/c', 'a/b', 'a'],
])
  test(`objects and folders of one name live side by side (${order.join(', ')})`, async (t) => {
    const root = testFolder(t)
    const store = await folderStore(root)
    for (const key of order) await store.put(key, bytes(key), { ifAbsent: true, metadata: { key } })
    for (const key of order) {
      t.is(await store.put(key, bytes('other'), { ifAbsent: true }), 'exists')
      t.deepEqual(await store.get(key), bytes(key))
      t.deepEqual((await store.head(key))?.metadata, { key })
    }
    t.deepEqual(await keysOf(store.list('')), ['a', 'a/b', 'a/b/c'])
    await store.put('a', bytes('new'))
    t.deepEqual(await store.get('a'), bytes('new'))
    await store.delete(['a'])
    t.deepEqual(await keysOf(store.list('')), ['a/b', 'a/b/c'])
    await store.close()
  })

test('keys that differ in case are two files where the disk folds case', async (t) => {
  const root = testFolder(t)
  mkdirSync(join(root, '.sluice'))
  writeFileSync(join(root, '.sluice/bucket.json'), '{"version":2,"folds":true}')
  const store = await folderStore(root)
  await store.put('country=US/a', bytes('1'))
  await store.put('country=us/a', bytes('2'))
  t.deepEqual(readdirSync(root).toSorted(), ['.sluice', 'country=%55%53', 'country=us'])
  t.deepEqual(await keysOf(store.list('country=U')), ['country=US/a'])
  await store.close()
})

test('a bucket of another version is refused', async (t) => {
  const root = testFolder(t)
  mkdirSync(join(root, '.sluice'))
  writeFileSync(join(root, '.sluice/bucket.json'), '{"version":1}')
  await t.throwsAsync(folderStore(root), { code: 'config', message: /another version/ })
  await t.throwsAsync(folderStore(root, { readOnly: true }), { message: /another version/ })
})

test('a second completion finds the upload gone', async (t) => {
  const store = await folderStore(testFolder(t))
  const id = await store.createUpload('a')
  const parts = [await store.uploadPart('a', id, 1, [bytes('one')])]
  t.is(await store.completeUpload('a', id, parts), 'completed')
  t.is(await store.completeUpload('a', id, parts), 'gone')
  t.is(await store.completeUpload('a', '../../x', parts), 'gone')
  t.deepEqual(await store.get('a'), bytes('one'))
  await store.close()
})

test('an upload whose completion was cut short is completed by the next process', async (t) => {
  const root = testFolder(t)
  const first = await folderStore(root)
  const id = await first.createUpload('a', { metadata: { commit: '1' } })
  const parts = [
    await first.uploadPart('a', id, 1, [Buffer.alloc(5 * 1024 * 1024, 'x')]),
    await first.uploadPart('a', id, 2, [bytes('end')]),
  ]
  await first.put('a', bytes('as if it had been placed'), { metadata: { commit: '1' } })
  await first.close()

  const second = await folderStore(root)
  t.is(await second.completeUpload('a', id, parts), 'completed')
  t.deepEqual(await sizeAndMetadata(second, 'a'), {
    size: 5 * 1024 * 1024 + 3,
    metadata: { commit: '1' },
  })
  await second.close()
})

test('a part that is not there is an impossible request', async (t) => {
  const store = await folderStore(testFolder(t))
  const id = await store.createUpload('a')
  await t.throwsAsync(store.completeUpload('a', id, [{ number: 1, etag: 'none' }]), {
    name: 'StoreError',
    message: /a part of the upload is not there/,
  })
  await store.close()
})

test('uploads are kept, however old they are, but for remains of one that is none', async (t) => {
  const root = testFolder(t)
  const first = await folderStore(root)
  const [old, remains] = [await first.createUpload('old'), await first.createUpload('remains')]
  await first.close()
  const longAgo = Date.now() / 1000 - 100 * 86_400
  utimesSync(join(root, '.sluice/uploads', old, 'upload.json'), longAgo, longAgo)
  rmSync(join(root, '.sluice/uploads', remains, 'upload.json'))

  const second = await folderStore(root)
  t.deepEqual(readdirSync(join(root, '.sluice/uploads')), [old])
  await second.close()
})

test('what a dead writer did not finish is cleared, and its stray metadata is nobody’s', async (t) => {
  const root = testFolder(t)
  const first = await folderStore(root)
  await first.put('a', bytes('a'), { metadata: { by: 'the dead' } })
  await first.close()
  writeFileSync(join(root, '.sluice/unfinished/1.tmp'), 'half')
  writeFileSync(
    join(root, '.sluice/metadata/b%='),
    readFileSync(join(root, '.sluice/metadata/a%=')),
  )

  const second = await folderStore(root)
  t.deepEqual(readdirSync(join(root, '.sluice/unfinished')), [])
  await second.put('b', bytes('b'), { ifAbsent: true })
  t.deepEqual((await second.head('b'))?.metadata, {})
  await second.close()
})

test('a second writer is refused with the process that holds the folder', async (t) => {
  const root = testFolder(t)
  const store = await folderStore(root)
  const error = await t.throwsAsync(folderStore(root), { instanceOf: SluiceError, code: 'config' })
  t.true(error.message.includes(root) && error.message.includes(`process ${process.pid}`))
  await store.close()
  await t.notThrowsAsync(async () => (await folderStore(root)).close())
})

test('a store that only reads looks on while another writes, and changes nothing', async (t) => {
  const root = testFolder(t)
  await t.throwsAsync(folderStore(root, { readOnly: true }), {
    code: 'config',
    message: /no bucket in folder/,
  })
  t.false(existsSync(join(root, '.sluice')))
  const writer = await folderStore(root)
  const reader = await folderStore(root, { readOnly: true })
  await writer.put('a', bytes('one'), { metadata: { rows: '1' } })
  t.deepEqual(await sizeAndMetadata(reader, 'a'), { size: 3, metadata: { rows: '1' } })
  await t.throwsAsync(reader.put('a', bytes('two')), { message: /opened to be read only/ })
  await t.throwsAsync(reader.delete(['a']), { message: /opened to be read only/ })
  await Promise.all([reader.close(), writer.close()])
})

test('after kill -9 every object has its own bytes and metadata, and the folder is free', async (t) => {
  const root = testFolder(t)
  for (let round = 0; round < 4; round++) {
    const writer = fork(join(import.meta.dirname, 'store-writer.ts'), [root])
    t.teardown(() => writer.kill('SIGKILL'))
    do await once(writer, 'message')
    while (!existsSync(join(root, `objects/${round * 40 + 20}`)))
    writer.kill('SIGKILL')
    await once(writer, 'exit')

    const store = await folderStore(root)
    const keys = await keysOf(store.list(''))
    t.true(keys.length > round * 40 + 20)
    for (const key of keys) {
      const { size, metadata } = (await store.head(key))!
      t.deepEqual(metadata, { size: `${size}` }, key)
      t.is((await store.get(key))!.length, size)
      if (key !== 'replaced') t.is(size, Number(key.slice('objects/'.length)) % 977)
    }
    await store.close()
  }
})
