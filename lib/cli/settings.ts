import { SluiceError } from '../errors.ts'
import type { KafkaSettings } from '../kafka/log.ts'
import type { S3StoreOptions } from '../s3/client-config.ts'
import { kafkaSecurity, SECURITY_VARIABLES } from './kafka-security.ts'
import { objectProtection, PROTECTION_VARIABLES } from './object-protection.ts'

/** Where events come from and where objects go, as the environment says: both real, or neither. */
export type Settings =
  | { readonly kind: 'folders' }
  | { readonly kind: 'services'; readonly kafka: KafkaSettings; readonly s3: S3StoreOptions }

/** Variables by name; an empty one counts as not set. */
export type Variables = Readonly<Record<string, string | undefined>>

const NEEDS_BUCKET = ['S3_ENDPOINT', 'S3_REGION', ...PROTECTION_VARIABLES]

/**
 * `KAFKA_BROKERS` chooses Kafka and `S3_BUCKET` S3, with `S3_ENDPOINT` for a server other than AWS and `S3_REGION` for its region. With none of
 * them it is folders, so that nothing but Node is needed. `S3_SSE`, `S3_ACL` and `S3_EXPECTED_BUCKET_OWNER` hold for all that is written.
 *
 * @throws SluiceError 'config' where there is one without the other: production events never land in a folder by accident
 */
export function settingsOf(variables: Variables): Settings {
  const { KAFKA_BROKERS, S3_BUCKET, S3_ENDPOINT, S3_REGION } = variables
  if (KAFKA_BROKERS && !S3_BUCKET) throw missing('KAFKA_BROKERS', 'S3_BUCKET')
  if (S3_BUCKET && !KAFKA_BROKERS) throw missing('S3_BUCKET', 'KAFKA_BROKERS')
  const stray = NEEDS_BUCKET.find((name) => variables[name])
  if (stray !== undefined && !S3_BUCKET) throw missing(stray, 'S3_BUCKET')
  const lost = SECURITY_VARIABLES.find((name) => variables[name])
  if (lost !== undefined && !KAFKA_BROKERS) throw missing(lost, 'KAFKA_BROKERS')
  if (!KAFKA_BROKERS || !S3_BUCKET) return { kind: 'folders' }
  const security = kafkaSecurity(variables)
  return {
    kind: 'services',
    kafka: {
      brokers: KAFKA_BROKERS.split(',').map((address) => address.trim()),
      ...(security && { security }),
    },
    s3: {
      bucket: S3_BUCKET,
      ...(S3_ENDPOINT && { endpoint: S3_ENDPOINT }),
      ...(S3_REGION && { region: S3_REGION }),
      ...credentialsOf(variables),
      ...objectProtection(variables),
    },
  }
}

/** Static credentials, where they are all there is to them; anything else the SDK finds by itself. */
function credentialsOf(variables: Variables): Pick<S3StoreOptions, 'credentials'> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = variables
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY || AWS_SESSION_TOKEN) return {}
  return {
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  }
}

const missing = (given: string, other: string): SluiceError =>
  new SluiceError(
    'config',
    `${given} is set and ${other} is not: set both in the environment or in .env, or none of them to work in folders`,
  )
