import { randomUUID } from 'node:crypto'
import { PutBucketLifecycleConfigurationCommand, S3Client } from '@aws-sdk/client-s3'
import test from 'ava'
import { systemClock } from '../../lib/clock.ts'
import { type Diagnosis, examine } from '../../lib/doctor/doctor.ts'
import type { Finding } from '../../lib/doctor/finding.ts'
import { seconds } from '../../lib/duration.ts'
import { definePipeline } from '../../lib/index.ts'
import type { ObjectStore } from '../../lib/ports.ts'
import { runPipeline } from '../../lib/run/run.ts'
import { s3Store } from '../../lib/s3/client.ts'
import { type Services, startServices } from '../../lib/services/index.ts'
import { memoryLog } from '../../lib/testing.ts'
import { parse } from '../../operators/index.ts'

let services: Services<'versitygw' | 'minio'>

test.before(async () => {
  services = await startServices(['versitygw', 'minio'])
})

test.after.always(() => services?.remove())

const credentials = () => ({
  accessKeyId: services.environment['AWS_ACCESS_KEY_ID']!,
  secretAccessKey: services.environment['AWS_SECRET_ACCESS_KEY']!,
})

/** A pipeline of its own that has run to its end. */
async function ended(store: ObjectStore) {
  const name = `doctor-${randomUUID().slice(0, 8)}`
  const log = memoryLog({ clock: systemClock })
  await log.create(name, 1)
  const producer = await log.producer(name)
  await producer.append([{ key: null, value: '1' }])
  await runPipeline({
    pipeline: definePipeline(name, ({ kafka, s3 }) => {
      kafka({ topic: name })
        .through(parse())
        .to(s3({ prefix: name }))
    }),
    log,
    store,
    clock: systemClock,
    untilEnd: true,
    commitEvery: 0,
    memory: 64 * 1024 ** 2,
    signal: new AbortController().signal,
  })
  // the clock of a server shows whole seconds
  const look = (remove = false): Promise<Diagnosis> =>
    examine({ pipeline: name, store, log, clock: systemClock, olderThan: -seconds(1), remove })
  return { name, look }
}

const found = ({ findings }: Diagnosis, wanted: Finding['kind']): Finding[] =>
  findings.filter(({ kind }) => kind === wanted)

async function open(store: ObjectStore, key: string): Promise<number> {
  let count = 0
  for await (const _ of store.uploads(key)) count++
  return count
}

for (const server of ['versitygw', 'minio'] as const)
  test(`${server}: an orphaned upload is found and removed, that of another left alone`, async (t) => {
    const endpoint = services[server].url
    const store = s3Store({
      bucket: services.environment['S3_BUCKET']!,
      endpoint,
      credentials: credentials(),
    })
    t.teardown(() => store.close())
    const { name, look } = await ended(store)
    const [own, foreign] = [`${name}/${name}+0+0000000007.jsonl`, `${name}/report.pdf`]
    await store.createUpload(own)
    const foreignId = await store.createUpload(foreign)
    const diagnosis = await look(true)
    const uploads = found(diagnosis, 'orphaned upload')
    t.is(await open(store, foreign), 1)
    t.like(uploads, [{ where: own, removed: true }])
    t.is(diagnosis.foreign.first?.key, foreign)
    t.is(await open(store, own), 0)
    await store.abortUpload(foreign, foreignId)
    const { findings, notChecked } = await look()
    t.deepEqual(findings, [])
    t.deepEqual(
      notChecked.map((what) => what.split(':')[0]),
      server === 'minio' ? [] : ['lifecycle rules'],
    )
  })

test('minio: a rule that deletes records is found', async (t) => {
  const endpoint = services.minio.url
  const bucket = services.environment['S3_BUCKET']!
  const store = s3Store({ bucket, endpoint, credentials: credentials() })
  t.teardown(() => store.close())
  const { name, look } = await ended(store)
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: credentials(),
  })
  t.teardown(() => client.destroy())
  const rule = { ID: 'tidy', Filter: { Prefix: `_sluice/${name}/` }, Expiration: { Days: 30 } }
  await client.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket: bucket,
      LifecycleConfiguration: { Rules: [{ ...rule, Status: 'Enabled' }] },
    }),
  )
  t.like(found(await look(), 'lifecycle rule'), [{ where: 'tidy' }])
})
