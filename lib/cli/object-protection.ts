import { messageOf, SluiceError } from '../errors.ts'
import type { CannedAcl, Encryption } from '../ports.ts'
import type { S3StoreOptions } from '../s3/client-config.ts'
import { checkSettings } from '../s3/object-settings.ts'
import type { Variables } from './settings.ts'

export const PROTECTION_VARIABLES = [
  'S3_SSE',
  'S3_SSE_KMS_KEY_ID',
  'S3_SSE_BUCKET_KEY',
  'S3_ACL',
  'S3_EXPECTED_BUCKET_OWNER',
]

/** Which variable says what an option says. */
const VARIABLES: Readonly<Record<string, string>> = {
  'encryption.algorithm': 'S3_SSE',
  'encryption.keyId': 'S3_SSE_KMS_KEY_ID',
  'encryption.bucketKey': 'S3_SSE_BUCKET_KEY',
  acl: 'S3_ACL',
}

type Protection = Pick<S3StoreOptions, 'encryption' | 'acl' | 'expectedOwner'>

/**
 * How all that is written is to be kept, as variables say.
 *
 * @throws SluiceError 'config' that names the variable that says what no store can do
 */
export function objectProtection(variables: Variables): Protection {
  const { S3_SSE, S3_SSE_KMS_KEY_ID, S3_SSE_BUCKET_KEY, S3_ACL, S3_EXPECTED_BUCKET_OWNER } =
    variables
  if (!S3_SSE && S3_SSE_KMS_KEY_ID) throw alone('S3_SSE_KMS_KEY_ID')
  if (!S3_SSE && S3_SSE_BUCKET_KEY) throw alone('S3_SSE_BUCKET_KEY')
  const bucketKey = switchOf(S3_SSE_BUCKET_KEY)
  const encryption = S3_SSE && {
    algorithm: S3_SSE,
    ...(S3_SSE_KMS_KEY_ID && { keyId: S3_SSE_KMS_KEY_ID }),
    ...(bucketKey !== undefined && { bucketKey }),
  }
  const protection = {
    ...(encryption && { encryption: encryption as Encryption }),
    ...(S3_ACL && { acl: S3_ACL as CannedAcl }),
    ...(S3_EXPECTED_BUCKET_OWNER && { expectedOwner: S3_EXPECTED_BUCKET_OWNER }),
  }
  try {
    checkSettings(protection)
  } catch (error) {
    const asVariable = (option: string): string => VARIABLES[option] ?? option
    throw new SluiceError(
      'config',
      messageOf(error).replace(/\bencryption\.\w+|\bacl\b/g, asVariable),
    )
  }
  return protection
}

function switchOf(text: string | undefined): boolean | undefined {
  if (!text) return undefined
  if (text === 'true' || text === 'false') return text === 'true'
  throw new SluiceError('config', `S3_SSE_BUCKET_KEY is '${text}': it has to be true or false`)
}

const alone = (name: string): SluiceError =>
  new SluiceError('config', `${name} is set and S3_SSE is not: set S3_SSE=aws:kms with it`)
