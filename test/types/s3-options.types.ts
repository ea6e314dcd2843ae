import { gzip, jsonLines, zstd } from '../../lib/index.ts'
import { type S3Options, s3Sink } from '../../lib/s3/sink.ts'

interface View {
  readonly country: string
}

export const options: S3Options<View> = {
  prefix: 'raw',
  format: jsonLines(),
  compression: zstd({ level: 9, contentEncoding: true }),
  encryption: { algorithm: 'aws:kms', keyId: 'alias/events' },
  storageClass: 'STANDARD_IA',
  acl: 'bucket-owner-full-control',
  tags: ({ topic, firstTime }) => ({ topic, day: new Date(firstTime).toISOString().slice(0, 10) }),
}

// @ts-expect-error a compression is made, not named
s3Sink({ prefix: 'raw', compression: 'gzip' })

// @ts-expect-error a level is a number
gzip({ level: 'best' })

// @ts-expect-error a kind of encryption that there is not
s3Sink({ prefix: 'raw', encryption: { algorithm: 'kms' } })

// @ts-expect-error a class from which nothing can be read at once
s3Sink({ prefix: 'raw', storageClass: 'DEEP_ARCHIVE' })

// @ts-expect-error a tag is a text
s3Sink({ prefix: 'raw', tags: { team: 7 } })

// @ts-expect-error rows are not known when an object begins
s3Sink({ prefix: 'raw', tags: ({ rows }) => ({ rows: String(rows) }) })
