import { SluiceError } from '../errors.ts'
import { SASL_MECHANISMS, type SaslLogin, type Security, type TlsFiles } from '../kafka/security.ts'
import type { Variables } from './settings.ts'

/** Kafka's own names: whether TLS and whether SASL. */
const PROTOCOLS = {
  PLAINTEXT: { tls: false, sasl: false },
  SSL: { tls: true, sasl: false },
  SASL_PLAINTEXT: { tls: false, sasl: true },
  SASL_SSL: { tls: true, sasl: true },
} as const

const PROTOCOL = 'KAFKA_SECURITY_PROTOCOL'
const TLS = ['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'] as const
const SASL = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const

/** All that mean nothing without `KAFKA_BROKERS`. */
export const SECURITY_VARIABLES: readonly string[] = [PROTOCOL, ...TLS, ...SASL]

/**
 * How `KAFKA_SECURITY_PROTOCOL` and what belongs to it say that brokers are spoken to; undefined for `PLAINTEXT`, which is the default.
 *
 * @throws SluiceError 'config' that names the variable that is missing, not known, or of no use beside the others
 */
export function kafkaSecurity(variables: Variables): Security | undefined {
  const protocol = oneOf(PROTOCOL, variables[PROTOCOL] || 'PLAINTEXT', Object.keys(PROTOCOLS))
  const { tls, sasl } = PROTOCOLS[protocol.toUpperCase() as keyof typeof PROTOCOLS]
  if (!tls) refuse(TLS, 'SSL or SASL_SSL', variables)
  if (!sasl) refuse(SASL, 'SASL_SSL or SASL_PLAINTEXT', variables)
  if (!tls && !sasl) return undefined
  return { ...(tls && { tls: tlsFiles(variables) }), ...(sasl && { sasl: saslLogin(variables) }) }
}

function tlsFiles(variables: Variables): TlsFiles {
  const [ca, cert, key] = TLS.map((name) => variables[name] || undefined)
  if (cert && !key) throw incomplete('KAFKA_SSL_CERT', 'KAFKA_SSL_KEY')
  if (key && !cert) throw incomplete('KAFKA_SSL_KEY', 'KAFKA_SSL_CERT')
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

function saslLogin(variables: Variables): SaslLogin {
  const missing = SASL.find((name) => !variables[name])
  if (missing !== undefined) throw incomplete(`${PROTOCOL}=${variables[PROTOCOL]}`, missing)
  const [mechanism = '', username = '', password = ''] = SASL.map((name) => variables[name])
  return {
    mechanism: oneOf('KAFKA_SASL_MECHANISM', mechanism, SASL_MECHANISMS),
    username,
    password,
  }
}

/** Names differ in upper and lower case from client to client. */
function oneOf<T extends string>(variable: string, given: string, known: readonly T[]): T {
  const found = known.find((name) => name.toLowerCase() === given.toLowerCase())
  if (found !== undefined) return found
  const names = known.map((name) => name.toUpperCase()).join(', ')
  throw new SluiceError('config', `${variable} is one of ${names}, not "${given}"`)
}

function refuse(names: readonly string[], protocols: string, variables: Variables): void {
  const stray = names.find((name) => variables[name])
  if (stray === undefined) return
  const given = variables[PROTOCOL] ? `is ${variables[PROTOCOL]}` : 'is not set'
  throw new SluiceError(
    'config',
    `${stray} is set and ${PROTOCOL} ${given}: set it to ${protocols}, or leave ${stray} out`,
  )
}

const incomplete = (given: string, other: string): SluiceError =>
  new SluiceError('config', `${given} needs ${other} as well, which is not set`)
