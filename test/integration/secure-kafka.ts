import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Services, startServices } from '../../lib/services/index.ts'
import { freePort } from '../../lib/services/ports.ts'
import { authority, ELSEWHERE, HERE, issue, written } from './certificates.ts'
import { java } from './java.ts'

/** Listeners of the broker, by what is special about them. */
const PROTOCOLS = {
  TLS: 'SSL',
  MUTUAL: 'SSL',
  EXPIRED: 'SSL',
  ELSEWHERE: 'SSL',
  LOGIN: 'SASL_SSL',
  CLEARLOGIN: 'SASL_PLAINTEXT',
} as const
type Listener = keyof typeof PROTOCOLS

export const USER = 'alice'
export const PASSWORD = 'correct horse battery'

/** A broker with many listeners, a store, and the files that clients need. */
export interface SecureKafka {
  readonly services: Services<'kafka' | 'versitygw'>
  readonly addresses: Readonly<Record<Listener, string>>
  /** Files of PEM. */
  readonly ca: string
  readonly otherCa: string
  readonly cert: string
  readonly key: string
  remove(): Promise<void>
}

export async function startSecureKafka(): Promise<SecureKafka> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-tls-'))
  const ours = authority('Authority of this test')
  const broker = issue({ name: 'broker', names: HERE }, ours)
  const expired = issue({ name: 'broker', names: HERE, validFor: -1 }, ours)
  const elsewhere = issue({ name: 'broker', names: ELSEWHERE }, ours)
  const client = issue({ name: 'client' }, ours)
  const ca = await written(folder, 'ca.pem', ours.certificatePem)

  const listeners = Object.fromEntries(
    await Promise.all(
      Object.entries(PROTOCOLS).map(
        async ([name, protocol]) => [name, { port: await freePort(), protocol }] as const,
      ),
    ),
  ) as Record<Listener, { port: number; protocol: string }>
  const keystore = async (listener: Listener, { keyPem, certificatePem } = broker) => ({
    ...of(listener, 'ssl.keystore.type', 'PEM'),
    ...of(
      listener,
      'ssl.keystore.location',
      await written(folder, `${listener}.pem`, keyPem, certificatePem),
    ),
  })
  const services = await startServices(['kafka', 'versitygw'], {
    broker: {
      listeners,
      properties: {
        ...(await keystore('TLS')),
        ...(await keystore('MUTUAL')),
        ...of('MUTUAL', 'ssl.client.auth', 'required'),
        ...of('MUTUAL', 'ssl.truststore.type', 'PEM'),
        ...of('MUTUAL', 'ssl.truststore.location', ca),
        ...(await keystore('EXPIRED', expired)),
        ...(await keystore('ELSEWHERE', elsewhere)),
        ...(await keystore('LOGIN')),
        ...logins('LOGIN'),
        ...logins('CLEARLOGIN'),
      },
    },
  })
  await addScramUser(services.kafka.url)
  return {
    services,
    addresses: Object.fromEntries(
      Object.entries(listeners).map(([name, { port }]) => [name, `127.0.0.1:${port}`]),
    ) as Record<Listener, string>,
    ca,
    otherCa: await written(folder, 'other.pem', authority('Another authority').certificatePem),
    cert: await written(folder, 'client.pem', client.certificatePem),
    key: await written(folder, 'client.key', client.keyPem),
    async remove() {
      await services.remove()
      await rm(folder, { recursive: true })
    },
  }
}

const of = (listener: Listener, name: string, value: string) => ({
  [`listener.name.${listener.toLowerCase()}.${name}`]: value,
})

function logins(listener: Listener): Record<string, string> {
  const module = (name: string) => `org.apache.kafka.common.security.${name} required`
  return {
    ...of(listener, 'sasl.enabled.mechanisms', 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512'),
    ...of(
      listener,
      'plain.sasl.jaas.config',
      `${module('plain.PlainLoginModule')} user_${USER}="${PASSWORD}";`,
    ),
    ...of(listener, 'scram-sha-256.sasl.jaas.config', `${module('scram.ScramLoginModule')};`),
    ...of(listener, 'scram-sha-512.sasl.jaas.config', `${module('scram.ScramLoginModule')};`),
  }
}

/** By Kafka's own tool, which takes one mechanism at a time. */
async function addScramUser(broker: string): Promise<void> {
  const alter = `--bootstrap-server ${broker} --alter --entity-type users --entity-name ${USER}`
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    const credential = `${mechanism}=[password=${PASSWORD}]`
    await java('kafka.admin.ConfigCommand', ...alter.split(' '), '--add-config', credential)
  }
}
