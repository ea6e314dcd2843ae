import test, { type ExecutionContext } from 'ava'
import { StoreError, type StoreFailure } from '../../../lib/ports.ts'
import { s3Store } from '../../../lib/s3/client.ts'
import {
  answer,
  type Answer,
  errorXml,
  reset,
  scriptedStore,
  scriptedStoreWith,
} from './scripted-server.ts'

const bytes = Buffer.from('some bytes')
const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
const done = answer(200, '', { etag: '"e"' })

const completed = answer(
  200,
  '<CompleteMultipartUploadResult><ETag>"e-1"</ETag></CompleteMultipartUploadResult>',
)

async function fails(
  t: ExecutionContext,
  failure: StoreFailure,
  attempt: Promise<unknown>,
  message = /^cannot /,
): Promise<void> {
  const error = await t.throwsAsync<StoreError>(attempt, { instanceOf: StoreError, message })
  t.is(error?.failure, failure)
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

test('a put that may only create says so to the server, by path', async (t) => {
  const { store, requests } = await scriptedStore(t, done)
  t.is(await store.put('a/b c.json', bytes, { ifAbsent: true }), 'created')
  t.deepEqual(
    requests.map(({ method, url }) => [method, url]),
    [['PUT', '/bucket/a/b%20c.json?x-id=PutObject']],
  )
  t.is(requests[0]?.headers['if-none-match'], '*')
})

test('a plain put states no condition', async (t) => {
  const { store, requests } = await scriptedStore(t, done)
  await store.put('a', bytes)
  t.is(requests[0]?.headers['if-none-match'], undefined)
})

test('metadata and content type go with the object', async (t) => {
  const { store, requests } = await scriptedStore(t, done)
  await store.put('a', bytes, { metadata: { token: '7' }, contentType: 'application/json' })
  t.is(requests[0]?.headers['x-amz-meta-token'], '7')
  t.is(requests[0]?.headers['content-type'], 'application/json')
})

const wishes = {
  contentEncoding: 'gzip',
  encryption: { algorithm: 'aws:kms', keyId: 'a-key', bucketKey: true },
  storageClass: 'STANDARD_IA',
  acl: 'bucket-owner-full-control',
  tags: { 'cost centre': 'a/b', empty: '' },
} as const

const wished = {
  'content-encoding': 'gzip',
  'x-amz-server-side-encryption': 'aws:kms',
  'x-amz-server-side-encryption-aws-kms-key-id': 'a-key',
  'x-amz-server-side-encryption-bucket-key-enabled': 'true',
  'x-amz-storage-class': 'STANDARD_IA',
  'x-amz-acl': 'bucket-owner-full-control',
  'x-amz-tagging': 'cost%20centre=a%2Fb&empty=',
}

const encrypted = answer(
  200,
  '<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>',
  { etag: '"e"', 'x-amz-server-side-encryption': 'aws:kms' },
)

test('all that is wished for an object goes with it, put at once or by an upload', async (t) => {
  const { store, requests } = await scriptedStore(t, encrypted, encrypted, encrypted)
  await store.put('a', bytes, { ifAbsent: true, ...wishes })
  await store.createUpload('a', wishes)
  await store.store('a', [bytes], wishes)
  t.is(requests.length, 3)
  for (const { headers } of requests) t.like(headers, wished)
})

test('what holds for the store holds for every object that does not say otherwise', async (t) => {
  const { store, requests } = await scriptedStoreWith(
    t,
    { encryption: { algorithm: 'aws:kms' }, acl: 'private', expectedOwner: '123456789012' },
    encrypted,
    answer(200, '', { etag: '"e"', 'x-amz-server-side-encryption': 'AES256' }),
    answer(200, ''),
    page([], false),
    answer(200),
    completed,
  )
  await store.put('_sluice/a', bytes)
  await store.put('b', bytes, { encryption: { algorithm: 'AES256' }, acl: 'public-read' })
  await store.head('a')
  await all(store.list(''))
  await store.delete(['a'])
  await store.completeUpload('a', 'id', [{ number: 1, etag: '"p"' }])
  const [own, other] = requests.map(({ headers }) => headers)
  t.is(own?.['x-amz-server-side-encryption'], 'aws:kms')
  t.is(own?.['x-amz-acl'], 'private')
  t.is(other?.['x-amz-server-side-encryption'], 'AES256')
  t.is(other?.['x-amz-acl'], 'public-read')
  t.is(requests.length, 6)
  for (const { headers } of requests) t.is(headers['x-amz-expected-bucket-owner'], '123456789012')
})

test('nothing is wished of a store that nobody has told to', async (t) => {
  const { store, requests } = await scriptedStore(t, done)
  await store.put('a', bytes, { tags: {} })
  const names = Object.keys(requests[0]?.headers ?? {})
  const unwanted = /encryption|acl|tagging|storage-class|owner|content-encoding/
  t.deepEqual(
    names.filter((name) => unwanted.test(name)),
    [],
  )
})

test('a store that takes the wish for encryption and does nothing is refused', async (t) => {
  const { store } = await scriptedStore(t, done, done)
  const encryption = { algorithm: 'AES256' } as const
  const why = /it was to be encrypted by AES256 and the store says that it was not$/
  await fails(t, 'config', store.put('a', bytes, { encryption }), why)
  await fails(t, 'config', store.store('a', [bytes], { encryption }), why)
})

test('a condition that fails is an answer, also in the guise of a success', async (t) => {
  const body = errorXml('PreconditionFailed')
  const { store } = await scriptedStore(t, answer(412, body), answer(200, body))
  t.is(await store.put('a', bytes, { ifAbsent: true }), 'exists')
  t.is(await store.put('a', bytes, { ifAbsent: true }), 'exists')
})

/** One attempt of `put` fails so with this answer of the server. */
async function refused(
  t: ExecutionContext,
  failure: StoreFailure,
  reply: Answer,
  message = /^cannot /,
): Promise<void> {
  const { store, requests } = await scriptedStore(t, reply)
  await fails(t, failure, store.put('a/b', bytes, { ifAbsent: true }), message)
  t.is(requests.length, 1)
}

for (const [status, code] of [
  [409, 'ConditionalRequestConflict'],
  [409, 'OperationAborted'],
  [400, 'RequestTimeout'],
  [400, 'IncompleteBody'],
  [403, 'RequestTimeTooSkewed'],
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
  [503, 'SlowDown'],
  [507, 'InsufficientStorage'],
] as const)
  test(`${status} ${code} may pass, and is not tried again here`, (t) =>
    refused(t, 'transient', answer(status, errorXml(code))))

for (const [status, code] of [
  [403, 'AccessDenied'],
  [403, 'SignatureDoesNotMatch'],
  [403, 'InvalidAccessKeyId'],
  [400, 'ExpiredToken'],
] as const)
  test(`${status} ${code} is denied`, (t) => refused(t, 'denied', answer(status, errorXml(code))))

for (const [status, code] of [
  [404, 'NoSuchBucket'],
  [301, 'PermanentRedirect'],
  [400, 'AuthorizationHeaderMalformed'],
  [501, 'NotImplemented'],
] as const)
  test(`${status} ${code} is a setting to be changed`, (t) =>
    refused(t, 'config', answer(status, errorXml(code))))

test('a request that the store can never grant is invalid', (t) =>
  refused(t, 'invalid', answer(400, errorXml('KeyTooLongError'))))

test('a connection that breaks leaves the outcome unknown', (t) => refused(t, 'transient', reset))

test('an error says what was tried, where, why it failed and what to check', (t) =>
  refused(
    t,
    'config',
    answer(404, errorXml('NoSuchBucket')),
    /^cannot write a\/b in s3:\/\/bucket at http:\/\/127\.0\.0\.1:\d+: NoSuchBucket: told by the server; check bucket, region and endpoint$/,
  ))

test('a server that is not there may come back', async (t) => {
  const store = s3Store({ bucket: 'bucket', endpoint: 'http://127.0.0.1:1', credentials })
  await fails(t, 'transient', store.put('a', bytes), /ECONNREFUSED/)
  await store.close()
})

test('a success without an ETag is none', async (t) => {
  const { store } = await scriptedStore(t, answer(200), answer(200), answer(200))
  await fails(t, 'transient', store.put('a', bytes), /: IncompleteAnswer: it holds no ETag$/)
  await fails(t, 'transient', store.store('a', [bytes]), /: IncompleteAnswer: it holds no ETag$/)
  await fails(t, 'transient', store.uploadPart('a', 'id', 1, [bytes]), /holds no ETag$/)
})

test('an error in the answer of success to a completion is found', async (t) => {
  const complete = async (reply: Answer): Promise<unknown> => {
    const { store } = await scriptedStore(t, reply)
    return store.completeUpload('a', 'id', [{ number: 1, etag: '"p"' }])
  }
  await fails(t, 'transient', complete(answer(200, errorXml('InternalError'))))
  await fails(t, 'transient', complete(answer(200, `${errorXml('InternalError')}\n`)))
  await fails(t, 'transient', complete(answer(200)))
  await fails(t, 'transient', complete(answer(200, '<CompleteMultipartUp')))
  t.is(await complete(answer(200, errorXml('NoSuchUpload'))), 'gone')
  t.is(await complete(answer(404, errorXml('NoSuchUpload'))), 'gone')
  t.is(await complete(completed), 'completed')
})

test('a part of an upload that is gone is invalid', async (t) => {
  const { store } = await scriptedStore(t, answer(404, errorXml('NoSuchUpload')))
  await fails(t, 'invalid', store.uploadPart('a', 'id', 1, [bytes]))
})

test('what is absent is undefined, but an absent bucket is an error', async (t) => {
  const { store } = await scriptedStore(
    t,
    answer(404, errorXml('NoSuchKey')),
    answer(404, errorXml('NoSuchKey')),
    answer(404),
    answer(404, errorXml('NoSuchBucket')),
  )
  t.is(await store.get('a'), undefined)
  t.is(await store.read('a'), undefined)
  t.is(await store.head('a'), undefined)
  await fails(t, 'config', store.get('a'))
})

test('a listing that somebody else has broken off may pass', async (t) => {
  const { store } = await scriptedStore(t, answer(499))
  const listing = (async () => {
    for await (const _ of store.list('a'));
  })()
  const error = await t.throwsAsync<StoreError>(listing, { message: /HTTP 499/ })
  t.is(error?.failure, 'transient')
})

test('a refusal without a body is told by its status', async (t) => {
  const { store } = await scriptedStore(t, answer(403))
  await fails(t, 'denied', store.head('a'), /: HTTP 403; check/)
})

test('a range is asked for by its first and last byte, and may begin at the end', async (t) => {
  const { store, requests } = await scriptedStore(
    t,
    answer(206, 'bc'),
    answer(416, errorXml('InvalidRange')),
    answer(200, '', { 'content-length': '0' }),
  )
  t.deepEqual(await store.get('a', { from: 1, to: 3 }), Buffer.from('bc'))
  t.is(requests[0]?.headers.range, 'bytes=1-2')
  t.deepEqual(await store.get('a', { from: 9, to: 12 }), Buffer.alloc(0))
  t.deepEqual(await store.get('a', { from: 2, to: 2 }), Buffer.alloc(0))
  t.is(requests[2]?.method, 'HEAD')
})

test('an answer that is cut short leaves the outcome unknown, whatever its status', async (t) => {
  for (const status of [200, 403, 404]) {
    const cut: Answer = (response) => {
      response.writeHead(status, { 'content-length': '100' })
      response.write('<?xml', () => response.destroy())
    }
    const { store } = await scriptedStore(t, cut)
    await fails(t, 'transient', store.get('a'), /^cannot read a .*aborted/)
  }
})

test('a body that is cut short is never taken for the whole', async (t) => {
  const cut: Answer = (response) => {
    response.writeHead(200, { 'content-length': '10' })
    response.write('half', () => response.socket?.destroy())
  }
  const { store } = await scriptedStore(t, cut, cut)
  await fails(t, 'transient', store.get('a'))
  const body = await store.read('a')
  await fails(t, 'transient', all(body!), /^cannot read a in s3:/)
})

const page = (keys: readonly string[], more: boolean): Answer =>
  answer(
    200,
    `<ListBucketResult><IsTruncated>${more}</IsTruncated>${keys
      .map((key) => `<Contents><Key>${key}</Key></Contents>`)
      .join('')}</ListBucketResult>`,
  )

test('a listing asks for page after page, and for no more keys than wanted', async (t) => {
  const { store, requests } = await scriptedStore(
    t,
    page(['p/1', 'p/2'], true),
    page(['p/3'], true),
    page(['p/4'], false),
  )
  t.deepEqual(await all(store.list('p/', { after: 'p/0', limit: 3 })), ['p/1', 'p/2', 'p/3'])
  const asked = requests.map(({ url }) => new URL(url, 'http://x').searchParams)
  t.deepEqual(
    asked.map((query) => query.get('start-after')),
    ['p/0', 'p/2'],
  )
  t.deepEqual(
    asked.map((query) => query.get('max-keys')),
    ['3', '1'],
  )
  t.deepEqual(await all(store.list('p/', { after: 'p/3' })), ['p/4'])
})

test('a listing that is stopped asks for nothing more', async (t) => {
  const { store, requests } = await scriptedStore(t, page(['p/1'], true))
  for await (const key of store.list('p/')) {
    t.is(key, 'p/1')
    break
  }
  t.is(requests.length, 1)
})

test('keys are deleted a thousand at a time', async (t) => {
  const { store, requests } = await scriptedStore(t, answer(200), answer(200), answer(200))
  await store.delete(Array.from({ length: 2_001 }, (_, i) => `k${i}`))
  t.is(requests.length, 3)
  await store.delete([])
  t.is(requests.length, 3)
})

test('a key that could not be deleted is an error, though the request succeeded', async (t) => {
  const kept = (code: string): Answer =>
    answer(200, `<DeleteResult><Error><Key>b</Key><Code>${code}</Code></Error></DeleteResult>`)
  const { store } = await scriptedStore(t, kept('AccessDenied'), kept('InternalError'))
  await fails(t, 'denied', store.delete(['a', 'b']))
  await fails(t, 'transient', store.delete(['a', 'b']))
})

test('a clock that is wrong is put right by the answer that says so', async (t) => {
  const date = new Date(Date.now() + 3_600_000).toUTCString()
  const { store, requests } = await scriptedStore(
    t,
    answer(403, errorXml('RequestTimeTooSkewed'), { date }),
    done,
  )
  await fails(t, 'transient', store.put('a', bytes))
  t.is(await store.put('a', bytes), 'created')
  const [first, second] = requests.map(({ headers }) => String(headers['x-amz-date']))
  t.true(second! > first!)
})

test('a key that is not the same on every server is refused before it is sent', async (t) => {
  const { store, requests } = await scriptedStore(t)
  const why = /^cannot write a\/\.\.\/b in s3:.* segment '\.\.'$/
  await fails(t, 'invalid', store.put('a/../b', bytes), why)
  await fails(t, 'invalid', store.store('a/../b', [bytes]), why)
  await fails(t, 'invalid', store.createUpload('a/../b'), why)
  t.is(requests.length, 0)
})

test('a file name too long for a disk is a problem of servers, not of AWS', async (t) => {
  const { store } = await scriptedStore(t)
  t.regex(store.problemWith(`a/${'x'.repeat(256)}`)!, /takes 256 bytes/)
  t.is(store.problemWith(`a/${'x'.repeat(255)}`), undefined)
  const aws = s3Store({ bucket: 'bucket', region: 'eu-west-1', credentials })
  t.is(aws.problemWith(`a/${'x'.repeat(256)}`), undefined)
  await aws.close()
})

test('an endpoint that is no URL is refused by name', (t) => {
  t.throws(() => s3Store({ bucket: 'bucket', endpoint: 'localhost:9000', credentials }), {
    code: 'config',
    message: /^the S3 endpoint is localhost:9000: it has to be a URL/,
  })
})

test('the place of a store names its bucket and its server', async (t) => {
  const { store } = await scriptedStore(t)
  t.regex(store.place, /^s3:\/\/bucket at http:\/\/127\.0\.0\.1:\d+$/)
  const aws = s3Store({ bucket: 'bucket', region: 'eu-west-1', credentials })
  t.is(aws.place, 's3://bucket')
  await aws.close()
})
