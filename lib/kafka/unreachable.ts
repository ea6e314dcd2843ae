import { messageOf, SluiceError } from '../errors.ts'

const UNKNOWN_AUTHORITY =
  'the authority that has signed its certificate is not known: name the certificate of that authority in KAFKA_SSL_CA'
const WRONG_PROTOCOL =
  'it does not speak TLS there: choose its TLS listener in KAFKA_BROKERS, or another KAFKA_SECURITY_PROTOCOL'
const CLOSED =
  'it closes the connection, as listeners do that want TLS, or a login: see KAFKA_SECURITY_PROTOCOL'

/** What kafkajs calls the error of a login. */
const REFUSED = 'KafkaJSSASLAuthenticationError'

/** What it means and what to change, by the code or the type of an error. */
const meanings: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: 'its certificate has expired: the broker needs a new one',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: compare the clocks',
  ERR_SSL_WRONG_VERSION_NUMBER: WRONG_PROTOCOL,
  ILLEGAL_SASL_STATE:
    'it asks for no login there: set KAFKA_SECURITY_PROTOCOL to SSL or PLAINTEXT, or choose another listener in KAFKA_BROKERS',
}

/**
 * Why no broker can be used: `config` where its answer tells what has to be changed, `service`
 * where there is none. Says neither passwords nor keys.
 */
export function unreachable(place: string, error: unknown): SluiceError {
  const meaning = meaningOf(error)
  if (meaning !== undefined)
    return new SluiceError('config', `cannot use ${place}: ${meaning}`, { cause: error })
  const what = isClosed(error) ? CLOSED : messageOf(error)
  const message = `cannot reach ${place} (KAFKA_BROKERS): ${what}`
  return new SluiceError('service', message, { cause: error })
}

/** Whether it came of a login that the broker does not take. */
export const isLoginRefused = (error: unknown): boolean =>
  error instanceof Error && (error.name === REFUSED || isLoginRefused(error.cause))

const isClosed = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'KafkaJSConnectionClosedError' || isClosed(error.cause))

function meaningOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { name, message } = error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const type = 'type' in error && typeof error.type === 'string' ? error.type : ''
  const known = meanings[code] ?? meanings[type]
  if (known !== undefined) return known
  if (name === REFUSED)
    return message.includes('not supported')
      ? `${message}: see KAFKA_SASL_MECHANISM`
      : `${message}: see KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `its certificate is for another host (${withoutPrefix(message)}): use a name of the certificate in KAFKA_BROKERS, and in advertised.listeners of the broker`
  if (code === 'ECONNRESET' && message.includes('before secure TLS')) return WRONG_PROTOCOL
  if (code.startsWith('ERR_SSL'))
    return `it ends the TLS handshake (${code.slice('ERR_SSL_'.length)}): it may want a certificate of ours, KAFKA_SSL_CERT and KAFKA_SSL_KEY`
  return meaningOf(error.cause)
}

const withoutPrefix = (message: string) => message.replace(/^.*altnames: /s, '').trim()
