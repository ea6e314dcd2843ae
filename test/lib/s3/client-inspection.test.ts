import test from 'ava'
import { days } from '../../../lib/duration.ts'
import { StoreError } from '../../../lib/ports.ts'
import { answer, errorXml, scriptedStore } from './scripted-server.ts'

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

const uploadXml = (key: string, id: string): string =>
  `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>2026-11-20T08:00:00.000Z</Initiated></Upload>`

const page = (uploads: string, next = ''): string =>
  `<ListMultipartUploadsResult>${uploads}<IsTruncated>${next !== ''}</IsTruncated>${next}</ListMultipartUploadsResult>`

for (const [status, headers, loses] of [
  [404, { server: 'nginx', 'x-minio-error-code': 'NoSuchKey' }, true],
  [403, { 'x-minio-error-code': 'AccessDenied' }, true],
  [404, { server: 'AmazonS3' }, false],
  [403, {}, false],
  [200, {}, false],
] as const)
  test(`a store that answers ${status} with ${JSON.stringify(headers)} ${loses ? 'may lose' : 'keeps'} uploads`, async (t) => {
    const { store, requests } = await scriptedStore(t, answer(status, '', headers))
    t.is(await store.losesUploads(), loses)
    t.regex(requests[0]!.url, /\/_sluice\/nobodys$/)
  })

test('whether a store that fails keeps uploads is not known', async (t) => {
  const { store } = await scriptedStore(t, answer(503, ''))
  await t.throwsAsync(store.losesUploads(), { instanceOf: StoreError })
})

test('open uploads come page by page', async (t) => {
  const next = '<NextKeyMarker>a/1</NextKeyMarker><NextUploadIdMarker>i1</NextUploadIdMarker>'
  const { store, requests } = await scriptedStore(
    t,
    answer(200, page(uploadXml('a/1', 'i1'), next)),
    answer(200, page(uploadXml('a/1', 'i2') + uploadXml('a/2', 'i3'))),
  )
  const begun = Date.parse('2026-11-20T08:00:00Z')
  t.deepEqual(await all(store.uploads('a/')), [
    { key: 'a/1', uploadId: 'i1', begun },
    { key: 'a/1', uploadId: 'i2', begun },
    { key: 'a/2', uploadId: 'i3', begun },
  ])
  t.regex(requests[1]!.url, /key-marker=a%2F1&.*upload-id-marker=i1/)
})

test('lifecycle rules that are in force are told, older and newer forms of them', async (t) => {
  const { store } = await scriptedStore(
    t,
    answer(
      200,
      `<LifecycleConfiguration>
        <Rule><ID>old</ID><Prefix>raw/</Prefix><Status>Enabled</Status>
          <AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>
        <Rule><ID>off</ID><Filter/><Status>Disabled</Status><Expiration><Days>1</Days></Expiration></Rule>
        <Rule><ID>tagged</ID><Filter><And><Prefix>a</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>
          <Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>
        <Rule><Filter/><Status>Enabled</Status><Expiration><Days>30</Days></Expiration></Rule>
      </LifecycleConfiguration>`,
    ),
  )
  t.deepEqual(await store.lifecycle(), [
    { id: 'old', prefix: 'raw/', abortsAfter: days(1) },
    { id: 'rule 4', prefix: '', expiresAfter: days(30) },
  ])
})

for (const [code, status, told] of [
  ['NoSuchLifecycleConfiguration', 404, []],
  ['AccessDenied', 403, undefined],
  ['NotImplemented', 501, undefined],
] as const)
  test(`${code} in place of lifecycle rules is no error`, async (t) => {
    const { store } = await scriptedStore(t, answer(status, errorXml(code)))
    t.deepEqual(await store.lifecycle(), told && [...told])
  })

test('a store that fails is none without rules', async (t) => {
  const { store } = await scriptedStore(t, answer(500, errorXml('InternalError')))
  await t.throwsAsync(store.lifecycle(), { instanceOf: StoreError, message: /lifecycle rules/ })
})

test('the clock is that of the server', async (t) => {
  const date = 'Fri, 20 Nov 2026 08:00:00 GMT'
  const { store } = await scriptedStore(t, answer(200, '', { date }))
  t.is(await store.time(), Date.parse(date))
})
