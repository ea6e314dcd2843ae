import { credentials } from './credentials.ts'
import type { Service } from './service.ts'

/** The variables by which a pipeline finds its broker and its store. */
export type Environment = Partial<
  Record<
    | 'KAFKA_BROKERS'
    | 'S3_ENDPOINT'
    | 'S3_BUCKET'
    | 'S3_REGION'
    | 'AWS_ACCESS_KEY_ID'
    | 'AWS_SECRET_ACCESS_KEY',
    string
  >
>

/** What a pipeline must be told to use these services. */
export function environmentOf(services: readonly Pick<Service, 'name' | 'url'>[]): Environment {
  const kafka = services.find(({ name }) => name === 'kafka')
  const store = services.find(({ name }) => name !== 'kafka')
  return {
    ...(kafka && { KAFKA_BROKERS: kafka.url }),
    ...(store && {
      S3_ENDPOINT: store.url,
      S3_BUCKET: credentials.bucket,
      S3_REGION: credentials.region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }),
  }
}
