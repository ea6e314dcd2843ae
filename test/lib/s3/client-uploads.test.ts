import test from 'ava'
import { sha256 } from '../../../lib/commit/record.ts'
import { answer, errorXml, type Request, reset, scriptedStore } from './scripted-server.ts'

const bytes = Buffer.from('some bytes')
const taken = answer(200, '', { etag: '"p"' })

test('a large body is sent at once, on the connection that is there', async (t) => {
  const { store, requests } = await scriptedStore(t, taken, taken)
  const body = Buffer.alloc(5 * 1024 * 1024)
  t.deepEqual(await store.uploadPart('a', 'id', 1, [body]), { number: 1, etag: '"p"' })
  t.deepEqual(await store.uploadPart('a', 'id', 2, [body]), { number: 2, etag: '"p"' })
  t.is(requests[0]?.headers.expect, undefined)
  t.is(requests[0]?.connection, requests[1]?.connection)
})

test('a part goes up in pieces, signed with the hash that is told or found out', async (t) => {
  const { store, requests } = await scriptedStore(t, taken, taken)
  const pieces = [Buffer.from('some '), Buffer.alloc(0), Buffer.from('bytes')]
  await store.uploadPart('a', 'id', 1, pieces)
  await store.uploadPart('a', 'id', 1, pieces, sha256(bytes))
  for (const { body, headers } of requests) {
    t.is(body, 'some bytes')
    t.is(headers['content-length'], String(bytes.length))
    t.is(headers['x-amz-content-sha256'], sha256(bytes))
  }
})

test('a part needs nothing but its number and ETag to be completed', async (t) => {
  const { store, requests } = await scriptedStore(t, taken)
  await store.uploadPart('a', 'id', 1, [bytes])
  const checksums = Object.keys(requests[0]?.headers ?? {}).filter((name) => /checksum/.test(name))
  t.deepEqual(checksums, [])
})

test('an upload that has lost its parts is gone', async (t) => {
  const { store } = await scriptedStore(t, answer(400, errorXml('InvalidPart')))
  t.is(await store.completeUpload('a', 'id', [{ number: 1, etag: '"p"' }]), 'gone')
})

test('a streamed body is signed with the hash that is told', async (t) => {
  const { store, requests } = await scriptedStore(t, taken)
  const pieces = [Buffer.from('some '), Buffer.from('bytes')]
  const body = { size: bytes.length, sha256: sha256(bytes), chunks: () => chunksOf(pieces) }
  t.is(await store.putStream('a', body, { ifAbsent: true }), 'created')
  const [{ body: sent, headers }] = requests as [Request]
  t.is(sent, 'some bytes')
  t.is(headers['x-amz-content-sha256'], sha256(bytes))
  t.is(headers['if-none-match'], '*')
})

test('the error of a streamed body is that of the request', async (t) => {
  const { store, requests } = await scriptedStore(t, taken)
  async function* chunks(): AsyncGenerator<Buffer> {
    yield Buffer.from('some ')
    throw new Error('the rest is gone')
  }
  const body = { size: bytes.length, sha256: sha256(bytes), chunks }
  await t.throwsAsync(store.putStream('a', body), { message: 'the rest is gone' })
  t.deepEqual(requests, [])
})

test('an aborted upload may be gone already', async (t) => {
  const { store } = await scriptedStore(t, answer(404, errorXml('NoSuchUpload')))
  await t.notThrowsAsync(store.abortUpload('a', 'id'))
})

test.serial('a part whose connection breaks is an error, and nothing on the screen', async (t) => {
  const { store } = await scriptedStore(t, reset)
  const { warn } = console
  const said: unknown[] = []
  console.warn = (text) => void said.push(text)
  t.teardown(() => void (console.warn = warn))
  await t.throwsAsync(store.uploadPart('a', 'id', 1, [Buffer.from('bytes')]))
  t.deepEqual(said, [])
})

async function* chunksOf(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces
}
