import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { messageOf, SluiceError } from '../errors.ts'

/** How brokers know us and we them; by default neither, and all is sent in clear. */
export interface Security {
  /** TLS; without it nothing is encrypted. */
  readonly tls?: TlsFiles
  readonly sasl?: SaslLogin
}

/** Files of PEM. */
export interface TlsFiles {
  /** Certificates of the authorities that brokers' are signed by. Default: those that Node knows. */
  readonly ca?: string
  /** Our own certificate with its chain, and its key: both or neither. */
  readonly cert?: string
  readonly key?: string
}

export interface SaslLogin {
  readonly mechanism: SaslMechanism
  readonly username: string
  readonly password: string
}

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
export type SaslMechanism = (typeof SASL_MECHANISMS)[number]

/** What kafkajs needs to open connections. */
export interface Encryption {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/**
 * What the files hold. Rejects with a `SluiceError` 'config' that names the variable of a file that
 * cannot be read or used.
 */
export async function readTls(files: TlsFiles): Promise<Encryption> {
  const ca = await readPem('KAFKA_SSL_CA', files.ca, isCertificate)
  const cert = await readPem('KAFKA_SSL_CERT', files.cert, isCertificate)
  const key = await readPem('KAFKA_SSL_KEY', files.key, isKey)
  if (cert && key && !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw unusable('KAFKA_SSL_KEY', files.key!, 'it is not the key of KAFKA_SSL_CERT')
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

/** Throws what is wrong with a text. */
type Check = (text: string) => void

async function readPem(
  variable: string,
  file: string | undefined,
  check: Check,
): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    const text = await readFile(file, 'utf8')
    check(text)
    return text
  } catch (error) {
    throw unusable(variable, file, messageOf(error))
  }
}

/** Else TLS would ignore it without a word. */
function isCertificate(text: string): void {
  try {
    void new X509Certificate(text)
  } catch {
    throw new Error('it holds no certificate in PEM')
  }
}

function isKey(text: string): void {
  try {
    createPrivateKey(text)
  } catch {
    throw new Error('it holds no private key in PEM, or one that needs a passphrase')
  }
}

const unusable = (variable: string, file: string, why: string) =>
  new SluiceError('config', `${variable}: cannot use ${file}: ${why}`)
