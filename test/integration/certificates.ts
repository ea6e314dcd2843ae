import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import forge from 'node-forge'

const DAY = 24 * 60 * 60 * 1_000

/** Type numbers of alternative names in a certificate. */
const DNS = 2
const IP = 7

/** What a certificate says, and who vouches for it. */
interface Wanted {
  readonly name: string
  readonly names?: readonly { type: number; value?: string; ip?: string }[]
  /** Days from today. */
  readonly validFor?: number
}

/** A key, and a certificate of it. */
export interface Identity {
  readonly certificate: forge.pki.Certificate
  readonly key: forge.pki.rsa.PrivateKey
  /** Both in PEM. */
  readonly certificatePem: string
  readonly keyPem: string
}

/** An authority that vouches for itself. */
export const authority = (name: string): Identity => issue({ name }, undefined)

export const HERE: Wanted['names'] = [
  { type: IP, ip: '127.0.0.1' },
  { type: DNS, value: 'localhost' },
]
export const ELSEWHERE: Wanted['names'] = [{ type: DNS, value: 'broker.example.com' }]

export function issue(wanted: Wanted, issuer: Identity | undefined): Identity {
  const { name, names = [], validFor = 30 } = wanted
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keyPem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const key = forge.pki.privateKeyFromPem(keyPem)
  const certificate = forge.pki.createCertificate()
  const subject = [{ name: 'commonName', value: name }]
  certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e)
  certificate.serialNumber = `01${forge.util.bytesToHex(forge.random.getBytesSync(8))}`
  certificate.validity.notBefore = new Date(Date.now() - 60 * DAY)
  certificate.validity.notAfter = new Date(Date.now() + validFor * DAY)
  certificate.setSubject(subject)
  certificate.setIssuer(issuer?.certificate.subject.attributes ?? subject)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: issuer === undefined },
    ...(names.length > 0 ? [{ name: 'subjectAltName', altNames: names }] : []),
  ])
  certificate.sign(issuer?.key ?? key, forge.md.sha256.create())
  return { certificate, key, keyPem, certificatePem: forge.pki.certificateToPem(certificate) }
}

/** Writes a text into a folder. Resolves to the file's path. */
export async function written(folder: string, file: string, ...texts: string[]): Promise<string> {
  const path = join(folder, file)
  await writeFile(path, texts.join('\n'))
  return path
}
