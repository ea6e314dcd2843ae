import { messageOf } from '../errors.ts'
import { StoreError, type StoreFailure } from '../ports.ts'

/** What an error of the SDK or the network looks like. Its name tells more than its status: an error can come in a 200. */
interface Failed {
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
}

/** Names whose status alone would say something else. */
const failureByName: Readonly<Record<string, StoreFailure>> = {
  NoSuchBucket: 'config',
  InvalidBucketName: 'config',
  PermanentRedirect: 'config',
  AuthorizationHeaderMalformed: 'config',
  IllegalLocationConstraintException: 'config',
  EndpointError: 'config',
  CredentialsProviderError: 'denied',
  InvalidAccessKeyId: 'denied',
  SignatureDoesNotMatch: 'denied',
  AccessDenied: 'denied',
  ExpiredToken: 'denied',
  InvalidToken: 'denied',
  XAdminUserNotFound: 'denied',
  ConditionalRequestConflict: 'transient',
  OperationAborted: 'transient',
  RequestTimeout: 'transient',
  // The client has set its clock by the answer; the next attempt is signed with the right time.
  RequestTimeTooSkewed: 'transient',
  // The body was damaged on the way.
  BadDigest: 'transient',
  IncompleteBody: 'transient',
  XAmzContentSHA256Mismatch: 'transient',
  NoSuchUpload: 'invalid',
}

/** The network's own codes, where they do not pass by themselves. */
const failureByCode: Readonly<Record<string, StoreFailure>> = {
  CERT_HAS_EXPIRED: 'config',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'config',
  ERR_TLS_CERT_ALTNAME_INVALID: 'config',
  SELF_SIGNED_CERT_IN_CHAIN: 'config',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'config',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'config',
  // TLS to a port that speaks none.
  EPROTO: 'config',
  ERR_INVALID_CHAR: 'invalid',
}

const advice: Readonly<Record<StoreFailure, string>> = {
  transient: '',
  denied: '; check the credentials and what they allow',
  config: '; check bucket, region and endpoint',
  invalid: '',
}

/** What kind of failure an error of a request is; undefined for one that no request made, such as a bug. */
export function failureOf(error: unknown): StoreFailure | undefined {
  const { code, $metadata } = error as Failed
  if (isThrottled(error)) return 'transient'
  const known = failureByName[nameOf(error)] ?? failureByCode[String(code)]
  if (known !== undefined) return known
  // before the status: a connection can break in the middle of an answer that says 404 for a key
  if (typeof code === 'string') return 'transient'
  if ($metadata?.httpStatusCode !== undefined) return failureByStatus($metadata.httpStatusCode)
  if (messageOf(error) === 'Region is missing') return 'config'
  return nameOf(error) === 'TimeoutError' ? 'transient' : undefined
}

function failureByStatus(status: number): StoreFailure {
  if (status === 401 || status === 403) return 'denied'
  if (status === 404 || status === 405 || status === 501) return 'config'
  if (status >= 300 && status < 400) return 'config'
  // 499: MinIO hands out the end of a listing that somebody else has broken off
  if (status === 408 || status === 429 || status === 499) return 'transient'
  return status >= 400 && status < 500 ? 'invalid' : 'transient'
}

/** The error as a `StoreError` that says what was tried and where; one that no request made stays as it is. */
export function storeError(error: unknown, attempt: string): unknown {
  const failure = failureOf(error)
  if (failure === undefined) return error
  const message = `cannot ${attempt}: ${reasonOf(error)}${advice[failure]}`
  return new StoreError(failure, message, {
    cause: error,
    throttled: isThrottled(error),
    retryAfter: retryAfterOf(error),
  })
}

/** Whose answer it is that something is not there, or not for us; undefined for any other error. */
export function refusedBy(error: unknown): 'minio' | 'another' | undefined {
  const { $metadata, $response } = error as Failed
  const status = $metadata?.httpStatusCode
  if (status !== 404 && status !== 403) return undefined
  const names = Object.keys($response?.headers ?? {})
  return names.some((name) => name.startsWith('x-minio-')) ? 'minio' : 'another'
}

/** Names for too many requests: S3's, MinIO's, and those of other services behind the same protocol. */
const THROTTLED = /^SlowDown|Throttl|TooManyRequests|RequestLimitExceeded|ServiceUnavailable/

/** S3's names for what went wrong in itself. The SDK makes a 503 of them where they come in an answer of success. */
const BROKEN = /^Internal(Error|Failure)$/

function isThrottled(error: unknown): boolean {
  const status = (error as Failed).$metadata?.httpStatusCode
  const name = nameOf(error)
  return THROTTLED.test(name) || status === 429 || (status === 503 && !BROKEN.test(name))
}

/** What the answer asks to wait, in ms: it says seconds. A date, which a clock that is wrong would misread, counts as nothing. */
function retryAfterOf(error: unknown): number {
  const wait = Number((error as Failed).$response?.headers?.['retry-after'])
  return Number.isFinite(wait) && wait > 0 ? wait * 1_000 : 0
}

/** `NoSuchBucket: The specified bucket does not exist`; an answer without a body has a status alone. */
function reasonOf(error: unknown): string {
  const status = (error as Failed).$metadata?.httpStatusCode
  const message = messageOf(error)
    .replace(/^@smithy\/node-http-handler - (\[ERROR\] )?/, '')
    .replace(/ \(configured by client requestHandler\)/, '')
    .replace(/\.?\s*$/, '')
  if (status === undefined) return message
  return message === '' || message === 'UnknownError'
    ? `HTTP ${status}`
    : `${nameOf(error)}: ${message}`
}

/** The name that S3 gives an error. */
export const nameOf = (error: unknown): string => String((error as Error).name)

/** An error that came in an answer of success. Whether what was asked for has happened is unknown. */
export const errorInAnswer = ({ Code = 'Unknown', Message = '' }): Error =>
  Object.assign(new Error(Message), { name: Code, $metadata: { httpStatusCode: 200 } })

/** What an answer of success has to hold: S3 can report an error as a success, and the SDK miss it. */
export function given<T extends string | Date>(value: T | undefined, what: string): T {
  if (value === undefined || value === '')
    throw errorInAnswer({ Code: 'IncompleteAnswer', Message: `it holds no ${what}` })
  return value
}
