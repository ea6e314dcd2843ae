import test from 'ava'
import { s3Sink, type S3Options } from '../../../lib/s3/sink.ts'

const refuses = (title: string, options: object, message: RegExp): void =>
  test(title, (t) => {
    t.throws(() => s3Sink({ prefix: 'raw', ...options } as S3Options<unknown>), {
      code: 'config',
      message,
    })
  })

refuses(
  'a key of a key service needs its encryption',
  { encryption: { algorithm: 'AES256', keyId: 'a' } },
  /^encryption\.keyId needs encryption\.algorithm 'aws:kms'/,
)
refuses(
  'so does the key of a bucket',
  { encryption: { algorithm: 'AES256', bucketKey: false } },
  /^encryption\.bucketKey needs encryption\.algorithm 'aws:kms'/,
)
refuses(
  'a kind of encryption that there is not is refused',
  { encryption: { algorithm: 'aes256' } },
  /^encryption\.algorithm is 'aes256': it has to be AES256, /,
)
refuses(
  'a storage class from which nothing can be read at once is refused',
  { storageClass: 'DEEP_ARCHIVE' },
  /^storageClass is 'DEEP_ARCHIVE': it has to be STANDARD, /,
)
refuses('an ACL that there is not is refused', { acl: 'all' }, /^acl is 'all'/)
refuses(
  'an eleventh tag is refused',
  { tags: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`t${n}`, ''])) },
  /^tags are 11: an object can have 10/,
)
refuses('a tag without a name is refused', { tags: { '': 'a' } }, /name of 0 characters/)
refuses(
  'a name that is too long is refused',
  { tags: { ['x'.repeat(129)]: 'a' } },
  /name of 129 characters/,
)
refuses('a name of AWS’s own is refused', { tags: { 'aws:a': 'a' } }, /a name that is AWS's own/)
refuses(
  'a value that is too long is refused',
  { tags: { a: 'x'.repeat(257) } },
  /^tags\.a has 257 characters: 256 at the most$/,
)
refuses('a value that is no text is refused', { tags: { a: 7 } }, /^tags\.a is 7: a tag is a text$/)
refuses('a character that no tag has is refused', { tags: { a: 'b;c' } }, /the tag a=b;c holds/)
refuses(
  'what a function makes of an object is tried out',
  { tags: ({ topic }: { topic: string }) => ({ [`${topic}!`]: '' }) },
  /the tag topic!= holds/,
)

test('what S3 allows is allowed', (t) => {
  t.notThrows(() =>
    s3Sink({
      prefix: 'raw',
      encryption: { algorithm: 'aws:kms', keyId: 'alias/events', bucketKey: true },
      storageClass: 'INTELLIGENT_TIERING',
      acl: 'bucket-owner-full-control',
      tags: ({ topic, partition }) => ({ topic, partition: String(partition), 'größe:x': 'a b/c' }),
    }),
  )
})
