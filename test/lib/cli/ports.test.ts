import { join } from 'node:path'
import test from 'ava'
import { openPorts } from '../../../lib/cli/ports.ts'
import { testFolder } from '../local/folder.ts'
import { answering, deadPort, errorBody, servicesAt } from './answering-services.ts'

const CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const
test.before(() => {
  for (const name of CREDENTIALS) process.env[name] = 'test'
})

test('without variables log and store are folders, made when they are needed', async (t) => {
  const root = testFolder(t)
  const ports = await openPorts({ variables: {}, root })
  t.true(ports.embedded)
  t.is(ports.log.place, join(root, 'data/log'))
  t.is(ports.store.place, join(root, 'data/bucket'))
  await ports.close()
})

test('a bucket that is not there is named, with the variables to look at', async (t) => {
  const variables = await servicesAt(await answering(t, 404, errorBody('NoSuchBucket')))
  await t.throwsAsync(openPorts({ variables }), {
    code: 'config',
    message:
      /s3:\/\/events at http.*: NoSuchBucket: so it is; .*\(S3_BUCKET, S3_ENDPOINT, S3_REGION\)$/,
  })
})

test('credentials that are refused are named', async (t) => {
  const variables = await servicesAt(await answering(t, 403, errorBody('InvalidAccessKeyId')))
  await t.throwsAsync(openPorts({ variables }), {
    code: 'config',
    message: /InvalidAccessKeyId: so it is.*\(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY\)$/,
  })
})

test('a server that is not there is named', async (t) => {
  const variables = await servicesAt(await deadPort())
  await t.throwsAsync(openPorts({ variables }), {
    code: 'service',
    message: /s3:\/\/events at http.*ECONNREFUSED.*\(S3_ENDPOINT\)$/,
  })
})

test('an endpoint that is no URL is named', async (t) => {
  const variables = { ...(await servicesAt(1)), S3_ENDPOINT: 'localhost:9000' }
  await t.throwsAsync(openPorts({ variables }), {
    code: 'config',
    message: /the S3 endpoint is localhost:9000: it has to be a URL/,
  })
})

test('a broker that is not there is named', async (t) => {
  const variables = await servicesAt(await answering(t, 200, '<ListBucketResult/>'))
  const broker = variables.KAFKA_BROKERS
  await t.throwsAsync(openPorts({ variables }), {
    code: 'service',
    message: new RegExp(`^cannot reach Kafka at ${broker} \\(KAFKA_BROKERS\\): .*ECONNREFUSED`),
  })
})
