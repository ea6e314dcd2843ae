import test from 'ava'
import { settingsOf } from '../../../lib/cli/settings.ts'

const both = { KAFKA_BROKERS: 'a:9092, b:9092', S3_BUCKET: 'events' }

const refuses = (title: string, variables: Record<string, string>, message: RegExp): void =>
  test(title, (t) => void t.throws(() => settingsOf(variables), { code: 'config', message }))

test('with no variable set it is folders', (t) => {
  t.deepEqual(settingsOf({}), { kind: 'folders' })
})

test('an empty variable counts as not set', (t) => {
  t.deepEqual(settingsOf({ KAFKA_BROKERS: '', S3_BUCKET: '', S3_ENDPOINT: '' }), {
    kind: 'folders',
  })
})

test('brokers and a bucket are Kafka and AWS', (t) => {
  t.deepEqual(settingsOf(both), {
    kind: 'services',
    kafka: { brokers: ['a:9092', 'b:9092'] },
    s3: { bucket: 'events' },
  })
})

test('an endpoint and a region are handed on', (t) => {
  const s3 = { bucket: 'events', endpoint: 'http://localhost:9000', region: 'eu-west-1' }
  const { endpoint, region } = s3
  t.like(settingsOf({ ...both, S3_ENDPOINT: endpoint, S3_REGION: region }), { s3 })
})

refuses(
  'brokers without a bucket are refused, naming the bucket',
  { KAFKA_BROKERS: 'a:9092' },
  /^KAFKA_BROKERS is set and S3_BUCKET is not: set both/,
)
refuses(
  'a bucket without brokers is refused, naming the brokers',
  { S3_BUCKET: 'events' },
  /^S3_BUCKET is set and KAFKA_BROKERS is not/,
)
refuses(
  'an endpoint without a bucket is refused: events never land in a folder by accident',
  { S3_ENDPOINT: 'http://localhost:9000' },
  /^S3_ENDPOINT is set and S3_BUCKET is not/,
)
refuses(
  'a region without a bucket is refused',
  { S3_REGION: 'eu-west-1' },
  /^S3_REGION is set and S3_BUCKET is not/,
)

test('how objects are kept safe is handed on', (t) => {
  const variables = {
    ...both,
    S3_SSE: 'aws:kms',
    S3_SSE_KMS_KEY_ID: 'a-key',
    S3_SSE_BUCKET_KEY: 'true',
    S3_ACL: 'bucket-owner-full-control',
    S3_EXPECTED_BUCKET_OWNER: '123456789012',
  }
  t.like(settingsOf(variables), {
    s3: {
      encryption: { algorithm: 'aws:kms', keyId: 'a-key', bucketKey: true },
      acl: 'bucket-owner-full-control',
      expectedOwner: '123456789012',
    },
  })
  t.like(settingsOf({ ...both, S3_SSE: 'AES256' }), {
    s3: { encryption: { algorithm: 'AES256' } },
  })
})

refuses(
  'a key without encryption is refused',
  { ...both, S3_SSE_KMS_KEY_ID: 'a-key' },
  /^S3_SSE_KMS_KEY_ID is set and S3_SSE is not: set S3_SSE=aws:kms with it$/,
)
refuses(
  'a key with encryption that has none is refused',
  { ...both, S3_SSE: 'AES256', S3_SSE_KMS_KEY_ID: 'a-key' },
  /^S3_SSE_KMS_KEY_ID needs S3_SSE 'aws:kms'/,
)
refuses(
  'a kind of encryption that there is not is refused',
  { ...both, S3_SSE: 'kms' },
  /^S3_SSE is 'kms': it has to be AES256, aws:kms, aws:kms:dsse$/,
)
refuses(
  'a switch that is neither on nor off is refused',
  { ...both, S3_SSE: 'aws:kms', S3_SSE_BUCKET_KEY: 'yes' },
  /^S3_SSE_BUCKET_KEY is 'yes'/,
)
refuses(
  'an ACL that there is not is refused',
  { ...both, S3_ACL: 'everybody' },
  /^S3_ACL is 'everybody': it has to be private, /,
)
refuses(
  'encryption without a bucket is refused',
  { S3_SSE: 'AES256' },
  /^S3_SSE is set and S3_BUCKET is not/,
)
