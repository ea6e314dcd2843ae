import { readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import { settingsOf } from '../../lib/cli/settings.ts'
import { credentials } from '../../lib/services/credentials.ts'
import { kafkaVersion, versitygwVersion } from '../../lib/services/versions.ts'
import { helpOf } from './help.ts'

interface ComposeService {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly profiles?: readonly string[]
  readonly command?: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly environment?: Readonly<Record<string, string | number>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
}

const { services, volumes } = parse(readFileSync('deploy/compose.yaml', 'utf8'), {
  merge: true,
}) as {
  services: Readonly<Record<string, ComposeService>>
  volumes: Readonly<Record<string, unknown>>
}

const named = Object.entries(services)
const ours = named.filter(([, { image }]) => image === 'sluice')
const service = (name: string): ComposeService => services[name] as ComposeService

test('containers run the versions that the project is tested with', (t) => {
  t.is(service('kafka').image, `apache/kafka:${kafkaVersion}`)
  t.is(service('store').image, `versity/versitygw:v${versitygwVersion}`)
  for (const [name, { image, build }] of named)
    t.true(build !== undefined || /^[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+$/.test(image), name)
})

test('up alone starts broker, store, generator and pipeline; Redpanda is a profile', (t) => {
  const plain = named.flatMap(([name, { profiles }]) => (profiles ? [] : name))
  t.deepEqual(plain, ['pipeline', 'generator', 'kafka', 'store'])
  for (const [name, { profiles }] of named)
    if (!plain.includes(name)) t.deepEqual(profiles, ['redpanda'], name)
})

test('what a service waits for is there in its profile, and says when it is', (t) => {
  for (const [name, { depends_on: needed = {}, profiles = [] }] of named)
    for (const [other, { condition }] of Object.entries(needed)) {
      const { healthcheck, profiles: its = profiles } = service(other)
      t.deepEqual(its, profiles, `${name} needs ${other}`)
      if (condition === 'service_healthy') t.truthy(healthcheck, other)
      else t.is(condition, 'service_completed_successfully')
    }
  t.is(service('pipeline').depends_on?.['generator']?.condition, 'service_completed_successfully')
})

test('settings are those that the command line reads, and lead to the services', (t) => {
  t.is(ours.length, 4)
  for (const [name, { environment = {}, profiles }] of ours) {
    const settings = settingsOf(environment as Record<string, string>)
    if (settings.kind !== 'services') return t.fail(`${name} works in folders`)
    const { kafka, s3 } = settings
    const broker = profiles ? 'redpanda' : 'kafka'
    t.deepEqual(kafka.brokers, [`${broker}:9092`])
    t.is(s3.endpoint, 'http://store:7070')
    t.is(s3.region, credentials.region)
    t.deepEqual(s3.credentials, {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
    })
    t.regex(service('store').entrypoint?.join(' ') ?? '', new RegExp(`/data/buckets/${s3.bucket} `))
  }
  t.like(service('store').environment, {
    ROOT_ACCESS_KEY: credentials.accessKeyId,
    ROOT_SECRET_KEY: credentials.secretAccessKey,
    VGW_REGION: credentials.region,
  })
})

test('brokers and store listen where others look for them', (t) => {
  const { KAFKA_LISTENERS, KAFKA_ADVERTISED_LISTENERS } = service('kafka').environment ?? {}
  t.regex(String(KAFKA_LISTENERS), /^PLAINTEXT:\/\/:9092,/)
  t.is(KAFKA_ADVERTISED_LISTENERS, 'PLAINTEXT://kafka:9092')
  const redpanda = service('redpanda').command ?? []
  t.true(redpanda.includes('--kafka-addr=PLAINTEXT://0.0.0.0:9092'))
  t.true(redpanda.includes('--advertise-kafka-addr=PLAINTEXT://redpanda:9092'))
  t.regex(service('store').entrypoint?.join(' ') ?? '', /versitygw --port :7070 /)
  const health = String(service('store').environment?.['VGW_HEALTH'])
  t.true(service('store').healthcheck?.test.some((word) => word.endsWith(`:7070${health}`)))
  for (const [name, { ports = [] }] of named)
    for (const port of ports) t.regex(port, /^127\.0\.0\.1:(\d+):\1$/, name)
})

test('commands are ones of the command line, with options that it has', async (t) => {
  for (const [name, { command = [] }] of ours) {
    const help = await helpOf(t, command.slice(0, 2))
    const flags = command.filter((word) => word.startsWith('--'))
    t.true(flags.length > 0)
    for (const flag of flags) t.true(help.includes(`${flag} `), `${name}: ${flag}`)
  }
  const command = service('pipeline').command ?? []
  const port = command[command.indexOf('--health-port') + 1]
  t.deepEqual(service('pipeline').ports, [`127.0.0.1:${port}:${port}`])
})

test('every volume is declared, and every declared one used', (t) => {
  const used = named.flatMap(([, { volumes: mounts = [] }]) =>
    mounts.map((mount) => mount.split(':')[0]),
  )
  t.deepEqual(new Set(used), new Set(Object.keys(volumes)))
})
