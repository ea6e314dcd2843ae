import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { readTls } from '../../../lib/kafka/security.ts'
import { authority, issue } from '../../integration/certificates.ts'
import { testFolder } from '../local/folder.ts'

const ours = authority('Authority')
const client = issue({ name: 'client' }, ours)

function filesIn(folder: string) {
  return (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
}

test('what the files hold is read', async (t) => {
  const file = filesIn(testFolder(t))
  const ca = file('ca.pem', ours.certificatePem)
  t.deepEqual(await readTls({}), {})
  t.deepEqual(await readTls({ ca }), { ca: ours.certificatePem })
  t.deepEqual(
    await readTls({
      ca,
      cert: file('cert.pem', client.certificatePem),
      key: file('key.pem', client.keyPem),
    }),
    { ca: ours.certificatePem, cert: client.certificatePem, key: client.keyPem },
  )
})

test('a file that cannot be used is named, with its variable and what is wrong', async (t) => {
  const file = filesIn(testFolder(t))
  const cert = file('cert.pem', client.certificatePem)
  const text = file('text.pem', 'no certificate at all')
  const locked = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'secret',
  })
  const refused = (files: Parameters<typeof readTls>[0], message: RegExp) =>
    t.throwsAsync(readTls(files), { code: 'config', message })
  await refused({ ca: `${cert}.gone` }, /^KAFKA_SSL_CA: cannot use .*\.gone: ENOENT/)
  await refused({ ca: text }, /^KAFKA_SSL_CA: cannot use .*text\.pem: it holds no certificate/)
  await refused({ cert: text, key: text }, /^KAFKA_SSL_CERT: .* no certificate in PEM$/)
  await refused({ cert, key: text }, /^KAFKA_SSL_KEY: .* no private key in PEM/)
  await refused({ cert, key: file('locked.pem', String(locked)) }, /that needs a passphrase$/)
  await refused({ cert, key: file('other.pem', ours.keyPem) }, /not the key of KAFKA_SSL_CERT$/)
})
