import { parseEnv } from 'node:util'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { withBlock, withoutBlock } from '../../../lib/services/env-file.ts'

const environment = { KAFKA_BROKERS: '127.0.0.1:9092', S3_BUCKET: 'sluice' }
const otherEnvironment = { KAFKA_BROKERS: '127.0.0.1:9999' }

const line = fc.oneof(
  fc.constantFrom('', '# a comment', 'KAFKA_BROKERS=elsewhere:9092', '  TOKEN = "a b"'),
  fc.string().filter((text) => !/[\n\r]/.test(text)),
)
const file = fc.array(line).map((lines) => lines.map((text) => `${text}\n`).join(''))

testProp('taking the block out again leaves the file as it was', [file], (t, text) => {
  t.is(withoutBlock(withBlock(text, environment)), text)
})

testProp(
  'there is never more than one block, and it holds the newest values',
  [file],
  (t, text) => {
    const twice = withBlock(withBlock(text, otherEnvironment), environment)
    t.is(twice, withBlock(text, environment))
  },
)

test('the block wins over lines of the same name above it', (t) => {
  const text = withBlock('KAFKA_BROKERS=elsewhere:9092\nTOKEN=1\n', environment)
  t.deepEqual({ ...parseEnv(text) }, { ...environment, TOKEN: '1' })
})

test('lines that the user has added below the block stay', (t) => {
  const text = `${withBlock('A=1\n', environment)}B=2\n`
  t.is(withoutBlock(text), 'A=1\nB=2\n')
})

test('a last line without a line break stays a line of its own', (t) => {
  t.is(withoutBlock(withBlock('A=1', environment)), 'A=1\n')
})

test('a mark without its counterpart takes no other line with it', (t) => {
  const [begin, ...rest] = withBlock('', environment).trimEnd().split('\n')
  const end = rest.at(-1)
  for (const broken of [`${begin}\nA=1\n`, `A=1\n${end}\n`, `${end}\nA=1\n${begin}\n${begin}\n`]) {
    t.is(withoutBlock(broken), broken)
    t.is(withoutBlock(withBlock(broken, environment)), broken)
  }
})
