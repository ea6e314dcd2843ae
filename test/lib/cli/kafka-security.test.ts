import test from 'ava'
import { settingsOf } from '../../../lib/cli/settings.ts'

const services = { KAFKA_BROKERS: 'a:9092', S3_BUCKET: 'events' }
const login = {
  KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
  KAFKA_SASL_USERNAME: 'alice',
  KAFKA_SASL_PASSWORD: 'secret',
}

function securityOf(variables: Record<string, string>) {
  const settings = settingsOf({ ...services, ...variables })
  return settings.kind === 'services' ? settings.kafka.security : undefined
}

const sasl = { mechanism: 'scram-sha-512', username: 'alice', password: 'secret' } as const

test('without a protocol, and in PLAINTEXT, there is no security', (t) => {
  t.is(securityOf({}), undefined)
  t.is(securityOf({ KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT' }), undefined)
})

test('SSL is TLS, with the authorities that Node knows or those of a file', (t) => {
  t.deepEqual(securityOf({ KAFKA_SECURITY_PROTOCOL: 'SSL' }), { tls: {} })
  const files = { KAFKA_SSL_CA: 'ca', KAFKA_SSL_CERT: 'cert', KAFKA_SSL_KEY: 'key' }
  t.deepEqual(securityOf({ KAFKA_SECURITY_PROTOCOL: 'ssl', ...files }), {
    tls: { ca: 'ca', cert: 'cert', key: 'key' },
  })
})

test('SASL_SSL and SASL_PLAINTEXT are a login with and without TLS', (t) => {
  t.deepEqual(securityOf({ KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', ...login }), { tls: {}, sasl })
  t.deepEqual(securityOf({ KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', ...login }), { sasl })
})

const refuses = (title: string, variables: Record<string, string>, message: RegExp): void =>
  test(title, (t) => {
    const error = t.throws(() => securityOf(variables), { code: 'config', message })
    t.false(error?.message.includes(login.KAFKA_SASL_PASSWORD))
  })

refuses(
  'a protocol that is not known is refused, with those that are',
  { KAFKA_SECURITY_PROTOCOL: 'TLS' },
  /^KAFKA_SECURITY_PROTOCOL is one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL, not "TLS"$/,
)
refuses(
  'a mechanism that is not known is refused, with those that are',
  { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', ...login, KAFKA_SASL_MECHANISM: 'GSSAPI' },
  /^KAFKA_SASL_MECHANISM is one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, not "GSSAPI"$/,
)
refuses(
  'a login without a protocol that has one is refused',
  login,
  /^KAFKA_SASL_MECHANISM is set and KAFKA_SECURITY_PROTOCOL is not set: set it to SASL_SSL or SASL_PLAINTEXT, or leave KAFKA_SASL_MECHANISM out$/,
)
refuses(
  'an authority beside a protocol without TLS is refused',
  { KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', ...login, KAFKA_SSL_CA: 'ca.pem' },
  /^KAFKA_SSL_CA is set and KAFKA_SECURITY_PROTOCOL is SASL_PLAINTEXT: set it to SSL or SASL_SSL/,
)
for (const name of Object.keys(login))
  refuses(
    `a login without ${name} is refused`,
    { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', ...login, [name]: '' },
    new RegExp(`^KAFKA_SECURITY_PROTOCOL=SASL_SSL needs ${name} as well`),
  )
refuses(
  'a certificate without its key is refused',
  { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CERT: 'cert.pem' },
  /^KAFKA_SSL_CERT needs KAFKA_SSL_KEY as well/,
)
refuses(
  'a key without its certificate is refused',
  { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_KEY: 'key.pem' },
  /^KAFKA_SSL_KEY needs KAFKA_SSL_CERT as well/,
)

test('security without brokers is refused, naming the brokers', (t) => {
  t.throws(() => settingsOf({ KAFKA_SECURITY_PROTOCOL: 'SSL' }), {
    code: 'config',
    message: /^KAFKA_SECURITY_PROTOCOL is set and KAFKA_BROKERS is not/,
  })
})
