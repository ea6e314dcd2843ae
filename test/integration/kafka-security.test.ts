import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { report } from '../../lib/cli/exit.ts'
import { openLog } from '../../lib/cli/ports.ts'
import { environmentWith } from '../support/environment.ts'
import { PASSWORD, type SecureKafka, startSecureKafka, USER } from './secure-kafka.ts'
import { PATIENCE } from '../support/length.ts'

const START = join(import.meta.dirname, '../../lib/cli/start.mjs')
const WRONG = 'not the pass word'

let kafka: SecureKafka
let folder: string

test.before(async () => {
  kafka = await startSecureKafka()
  folder = await mkdtemp(join(tmpdir(), 'sluice-secure-'))
})

test.after.always(async () => {
  await kafka?.remove()
  if (folder) await rm(folder, { recursive: true })
})

type Listener = keyof SecureKafka['addresses']
type Variables = Record<string, string>

/** How a pipeline is told of a listener. */
const at = (listener: Listener, more: Variables = {}): Variables => ({
  ...kafka.services.environment,
  KAFKA_BROKERS: kafka.addresses[listener],
  ...more,
})

const tls = (more: Variables = {}): Variables => ({
  KAFKA_SECURITY_PROTOCOL: 'SSL',
  KAFKA_SSL_CA: kafka.ca,
  ...more,
})

const login = (mechanism: string, password = PASSWORD): Variables => ({
  KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
  KAFKA_SSL_CA: kafka.ca,
  KAFKA_SASL_MECHANISM: mechanism,
  KAFKA_SASL_USERNAME: USER,
  KAFKA_SASL_PASSWORD: password,
})

/** A command as a user runs it. */
async function sluice(variables: Variables, ...words: string[]) {
  const env = environmentWith(variables)
  const run = promisify(execFile)(process.execPath, [START, ...words], { cwd: folder, env })
  const { stdout, stderr, code } = await run.then(
    (output) => ({ ...output, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  )
  return { code, stdout, stderr }
}

/** What a command that needs the log ends with. */
async function refused(variables: Variables): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = []
  const print = (text: string) => lines.push(...text.split('\n'))
  try {
    await (await openLog({ variables })).close()
    return { code: 0, lines }
  } catch (error) {
    return { code: report(error, print), lines }
  }
}

async function refuses(
  t: ExecutionContext,
  variables: Variables,
  code: number,
  line: RegExp,
): Promise<void> {
  const end = await refused(variables)
  t.is(end.lines.length, 1, end.lines.join('\n'))
  t.regex(end.lines[0]!, line)
  t.is(end.code, code)
  t.false(end.lines[0]!.includes(PASSWORD) || end.lines[0]!.includes(WRONG))
}

test('a pipeline reads, writes and is verified over TLS, logged in', async (t) => {
  t.timeout(PATIENCE)
  const variables = at('LOGIN', login('SCRAM-SHA-512'))
  for (const words of [
    ['produce', 'ecommerce', '--events', '2000'],
    ['run', 'ecommerce', '--until-end'],
    ['verify', 'ecommerce'],
  ]) {
    const { code, stdout, stderr } = await sluice(variables, ...words)
    t.is(code, 0, stdout + stderr)
    t.false((stdout + stderr).includes(PASSWORD))
    if (words[0] === 'verify') t.regex(stdout, /^verified: 2,000 records/m)
  }
})

test('a wrong password is one line on standard error, and exit code 2', async (t) => {
  const { code, stdout, stderr } = await sluice(
    at('LOGIN', login('PLAIN', WRONG)),
    'produce',
    'ecommerce',
  )
  t.is(code, 2)
  t.is(stdout, '')
  t.regex(
    stderr,
    /^error: cannot use Kafka at \S+: SASL PLAIN authentication failed: .*Invalid username or password: see KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD\n$/,
  )
})

for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'scram-sha-256']) {
  test(`a login by ${mechanism} is taken`, async (t) => {
    t.deepEqual(await refused(at('LOGIN', login(mechanism))), { code: 0, lines: [] })
    const clear = { ...login(mechanism), KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT' }
    t.deepEqual(await refused(at('CLEARLOGIN', { ...clear, KAFKA_SSL_CA: '' })), {
      code: 0,
      lines: [],
    })
  })

  test(`a login by ${mechanism} with a wrong password is told`, (t) =>
    refuses(
      t,
      at('LOGIN', login(mechanism, WRONG)),
      2,
      /^error: cannot use Kafka at \S+: SASL .* failed: .*: see KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD$/,
    ))
}

test('a broker whose authority is known is used, by address and by name', async (t) => {
  t.deepEqual(await refused(at('TLS', tls())), { code: 0, lines: [] })
  const { port } = new URL(`tcp://${kafka.addresses.TLS}`)
  const named = { ...at('TLS', tls()), KAFKA_BROKERS: `localhost:${port}` }
  t.deepEqual(await refused(named), { code: 0, lines: [] })
})

test('a broker that asks who we are is shown our certificate', async (t) => {
  const ours = { KAFKA_SSL_CERT: kafka.cert, KAFKA_SSL_KEY: kafka.key }
  t.deepEqual(await refused(at('MUTUAL', tls(ours))), { code: 0, lines: [] })
  await refuses(t, at('MUTUAL', tls()), 2, /TLS handshake .*KAFKA_SSL_CERT and KAFKA_SSL_KEY$/)
})

test('an unknown authority is told', async (t) => {
  const line =
    /^error: cannot use Kafka at \S+: the authority .* is not known: name .* in KAFKA_SSL_CA$/
  await refuses(t, at('TLS', tls({ KAFKA_SSL_CA: kafka.otherCa })), 2, line)
  await refuses(t, at('TLS', { KAFKA_SECURITY_PROTOCOL: 'SSL' }), 2, line)
})

test('an expired certificate is told', (t) =>
  refuses(
    t,
    at('EXPIRED', tls()),
    2,
    /^error: cannot use Kafka at \S+: its certificate has expired: the broker needs a new one$/,
  ))

test('a certificate for another host is told', (t) =>
  refuses(
    t,
    at('ELSEWHERE', tls()),
    2,
    /its certificate is for another host \(IP: 127\.0\.0\.1 is not .*\): use a name .* KAFKA_BROKERS/,
  ))

test('speaking in clear to a listener for TLS is told', (t) =>
  refuses(
    t,
    at('TLS'),
    1,
    /^error: cannot reach Kafka at \S+ \(KAFKA_BROKERS\): it closes the connection, .* TLS, .*KAFKA_SECURITY_PROTOCOL$/,
  ))

test('speaking TLS to a listener in clear is told', async (t) => {
  const variables = { ...at('TLS', tls()), KAFKA_BROKERS: kafka.services.kafka.url }
  await refuses(t, variables, 2, /it does not speak TLS there: .*KAFKA_SECURITY_PROTOCOL$/)
})

test('no login where one is asked for, and one where none is, are told', async (t) => {
  await refuses(t, at('LOGIN', tls()), 1, /or a login: see KAFKA_SECURITY_PROTOCOL$/)
  await refuses(t, at('TLS', login('PLAIN')), 2, /asks for no login there/)
})
