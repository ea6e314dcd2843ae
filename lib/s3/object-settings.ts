import { SluiceError } from '../errors.ts'
import type { Encryption, ObjectSettings, Tags } from '../ports.ts'

/** Classes whose objects can be read at once, so that they can be verified. */
const STORAGE_CLASSES: readonly unknown[] = [
  'STANDARD',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'REDUCED_REDUNDANCY',
]

const ACLS: readonly unknown[] = [
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
]

const ALGORITHMS: readonly unknown[] = ['AES256', 'aws:kms', 'aws:kms:dsse']

/** S3's limits on the tags of one object. */
const MOST_TAGS = 10
const LONGEST_NAME = 128
const LONGEST_VALUE = 256
const TAG = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/**
 * Refuse what no store can do.
 *
 * @throws SluiceError 'config' that names the option
 */
export function checkSettings({ encryption, storageClass, acl, tags }: ObjectSettings): void {
  if (encryption) checkEncryption(encryption)
  if (storageClass !== undefined) checkWord('storageClass', storageClass, STORAGE_CLASSES)
  if (acl !== undefined) checkWord('acl', acl, ACLS)
  const problem = tags && problemWithTags(tags)
  if (problem !== undefined) throw new SluiceError('config', problem)
}

function checkEncryption({ algorithm, keyId, bucketKey }: Encryption): void {
  checkWord('encryption.algorithm', algorithm, ALGORITHMS)
  const stray = keyId !== undefined ? 'keyId' : bucketKey !== undefined ? 'bucketKey' : undefined
  if (algorithm !== 'AES256' || stray === undefined) return
  throw new SluiceError(
    'config',
    `encryption.${stray} needs encryption.algorithm 'aws:kms': with 'AES256' the key is the store's own`,
  )
}

function checkWord(option: string, word: unknown, known: readonly unknown[]): void {
  if (known.includes(word)) return
  throw new SluiceError(
    'config',
    `${option} is '${String(word)}': it has to be ${known.join(', ')}`,
  )
}

/** Why S3 would not take these tags, or undefined. */
export function problemWithTags(tags: Tags): string | undefined {
  const pairs = Object.entries(tags)
  if (pairs.length > MOST_TAGS)
    return `tags are ${pairs.length}: an object can have ${MOST_TAGS} (${pairs.map(([name]) => name).join(', ')})`
  for (const [name, value] of pairs) {
    const problem = problemWithTag(name, value)
    if (problem !== undefined) return problem
  }
  return undefined
}

function problemWithTag(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return `tags.${name} is ${String(value)}: a tag is a text`
  if (name.length === 0 || name.length > LONGEST_NAME)
    return `the tag '${name.slice(0, 40)}' has a name of ${name.length} characters: it has to be 1 to ${LONGEST_NAME}`
  if (name.startsWith('aws:')) return `the tag '${name}' has a name that is AWS's own`
  if (value.length > LONGEST_VALUE)
    return `tags.${name} has ${value.length} characters: ${LONGEST_VALUE} at the most`
  if (!TAG.test(name) || !TAG.test(value))
    return `the tag ${name}=${value} holds what S3 does not allow in one: letters, digits, spaces and _ . : / = + - @ only`
  return undefined
}
