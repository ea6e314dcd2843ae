import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { testFolder } from '../local/folder.ts'
import { sluice } from './command-line.ts'

const ONE_LINE = /^error: [^\n]+\n$/

test('whatever is wrong on the command line is one line that names it, and exit code 2', async (t) => {
  const folder = testFolder(t)
  const wrong: [string, RegExp][] = [
    ['run', /which pipeline\? the pipelines are: .*ecommerce/],
    ['run nothing', /there is no pipeline nothing; the pipelines are: .*ecommerce/],
    ['run ecommerce --topc x', /unknown option '--topc' \(Did you mean --topic\?\)/],
    ['run ecommerce --max-poll-records 0', /--max-poll-records takes a whole number/],
    ['run ecommerce --dedupe-within 1m', /dedupe remembers 60000 ms/],
    ['produce ecommerce --late 2', /--late takes a number from 0 to 1/],
    ['produce ecommerce --schema no.ts', /cannot load .*no\.ts/],
    ['nonsense', /unknown command 'nonsense'/],
  ]
  for (const [words, message] of wrong) {
    const { code, err } = await sluice(t, folder, words)
    t.is(code, 2, words)
    t.regex(err, ONE_LINE, words)
    t.regex(err, message)
  }
})

test('help is no error', async (t) => {
  const folder = testFolder(t)
  for (const words of ['--help', 'run --help', 'run ecommerce --help']) {
    const { code, out, err } = await sluice(t, folder, words)
    t.is(code, 0, words)
    t.is(err, '')
    t.regex(out, /^Usage: sluice /)
  }
})

test('a broker without a bucket is refused before anything else is done', async (t) => {
  const { code, err } = await sluice(t, testFolder(t), 'run ecommerce', { KAFKA_BROKERS: 'a:1' })
  t.is(code, 2)
  t.regex(err, /^error: KAFKA_BROKERS is set and S3_BUCKET is not[^\n]*\n$/)
})

test('.env is read, and the environment wins over it', async (t) => {
  const folder = testFolder(t)
  await writeFile(join(folder, '.env'), 'KAFKA_BROKERS=nonsense\nS3_BUCKET=events\n')
  const fromFile = await sluice(t, folder, 'produce ecommerce')
  t.is(fromFile.err, 'error: KAFKA_BROKERS: "nonsense" is not host:port\n')
  const overruled = await sluice(t, folder, 'produce ecommerce', { KAFKA_BROKERS: 'other' })
  t.is(overruled.err, 'error: KAFKA_BROKERS: "other" is not host:port\n')
})

test('a broker that is not there is one line and exit code 1', async (t) => {
  const { code, err } = await sluice(t, testFolder(t), 'produce ecommerce', {
    KAFKA_BROKERS: '127.0.0.1:1',
    S3_BUCKET: 'events',
  })
  t.is(code, 1)
  t.regex(err, /^error: cannot reach Kafka at 127\.0\.0\.1:1 [^\n]*\n$/)
})
