import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import test, { type ExecutionContext } from 'ava'
import { Kafka, logLevel } from 'kafkajs'
import { credentials } from '../../lib/services/credentials.ts'
import { findDetached, startDetached, stopDetached } from '../../lib/services/detached.ts'
import { becomesHealthy, kafkaAnswers, storeAnswers } from '../../lib/services/health.ts'
import { startServices } from '../../lib/services/index.ts'
import type { StoreName } from '../../lib/services/service.ts'

const aWhile = 15_000

async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-services-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function withAdmin<T>(
  broker: string,
  use: (admin: ReturnType<Kafka['admin']>) => Promise<T>,
): Promise<T> {
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

test.serial('a broker is paused, killed and started again with its topics', async (t) => {
  const { kafka, environment, remove } = await startServices(['kafka'])
  t.teardown(remove)
  t.deepEqual(environment, { KAFKA_BROKERS: kafka.url })
  t.true(await kafkaAnswers(kafka.url))
  const topics = [{ topic: 'orders', numPartitions: 3 }]
  await withAdmin(kafka.url, (admin) => admin.createTopics({ topics }))

  await kafka.pause()
  t.false(await kafkaAnswers(kafka.url))
  t.true(await kafka.running())
  await kafka.resume()
  t.true(await becomesHealthy(kafka, aWhile))

  const { url } = kafka
  await kafka.kill()
  t.false(await kafka.running())
  t.false(await kafkaAnswers(url))
  await kafka.start()
  t.is(kafka.url, url)
  t.deepEqual(await withAdmin(url, (admin) => admin.listTopics()), ['orders'])

  await kafka.stop()
  t.false(await kafka.running())
})

const stores: StoreName[] = ['versitygw', 'minio']
for (const name of stores) {
  test.serial(`${name} is paused, killed and started again with its objects`, async (t) => {
    const services = await startServices([name])
    t.teardown(services.remove)
    const store = services[name]
    const { bucket, region } = credentials
    const s3 = new S3Client({ endpoint: store.url, region, credentials, forcePathStyle: true })
    t.teardown(() => s3.destroy())
    const object = { Bucket: bucket, Key: 'folder/object' }
    await s3.send(new PutObjectCommand({ ...object, Body: 'bytes' }))

    await store.pause()
    t.false(await storeAnswers(store.url))
    await store.resume()
    t.true(await becomesHealthy(store, aWhile))

    await store.kill()
    t.false(await store.running())
    t.false(await storeAnswers(store.url))
    await store.start()
    const { Body } = await s3.send(new GetObjectCommand(object))
    t.is(await Body?.transformToString(), 'bytes')

    await store.stop()
    t.false(await store.running())
  })
}

test.serial('services for the command line are kept in a state file and in .env', async (t) => {
  const root = await temporaryFolder(t)
  const options = { root, report: () => {} }
  const envFile = join(root, '.env')
  await writeFile(envFile, 'TOKEN=1\n')
  t.deepEqual(await findDetached(options), [])

  t.teardown(() => stopDetached(options))
  const started = await startDetached(options)
  t.deepEqual(
    started.map(({ service, wasRunning }) => [service.name, wasRunning]),
    [
      ['kafka', false],
      ['versitygw', false],
    ],
  )
  t.true(await kafkaAnswers(started[0]!.service.url))
  t.true(await storeAnswers(started[1]!.service.url))
  const env = await readFile(envFile, 'utf8')
  t.true(env.startsWith('TOKEN=1\n'))
  t.true(env.includes(`\nKAFKA_BROKERS=${started[0]!.service.url}\n`))
  t.true(env.includes(`\nS3_ENDPOINT=${started[1]!.service.url}\n`))

  const again = await startDetached(options)
  t.true(again.every(({ wasRunning }) => wasRunning))
  t.deepEqual(
    again.map(({ service }) => service.state()),
    started.map(({ service }) => service.state()),
  )
  await t.throwsAsync(startDetached({ ...options, store: 'minio' }), { code: 'config' })

  await started[1]!.service.kill()
  const repaired = await startDetached(options)
  t.deepEqual(
    repaired.map(({ service, wasRunning }) => [service.url, wasRunning]),
    [
      [started[0]!.service.url, true],
      [started[1]!.service.url, false],
    ],
  )

  await stopDetached(options)
  t.is(await readFile(envFile, 'utf8'), 'TOKEN=1\n')
  t.false(await kafkaAnswers(started[0]!.service.url))
  t.false(await storeAnswers(started[1]!.service.url))
  t.deepEqual(await findDetached(options), [])
})
