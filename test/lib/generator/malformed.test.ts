import { isUtf8 } from 'node:buffer'
import test from 'ava'
import { malformed, malformedKinds, type Sound } from '../../../lib/generator/malformed.ts'

const sound: Sound = {
  text: '{"id":"abc","at":1742199657865,"value":39.259011259415466}',
  id: 'abc',
  idColumn: 'id',
  timeColumn: 'at',
}

const made = (kind: string): Uint8Array | string | null => malformed[kind]!(sound)

test('every kind that a pipeline has to survive is there', (t) => {
  t.deepEqual(malformedKinds, [
    'malformed JSON',
    'invalid UTF-8',
    'empty value',
    'null value',
    'missing guid',
    'timestamp in seconds',
    'year 9999',
  ])
})

test('malformed JSON cannot be parsed', (t) => {
  t.throws(() => JSON.parse(made('malformed JSON') as string) as unknown, { name: 'SyntaxError' })
})

test('invalid UTF-8 is JSON once its bytes are replaced, so that only the bytes tell', (t) => {
  const bytes = made('invalid UTF-8') as Buffer
  t.false(isUtf8(bytes))
  t.deepEqual(JSON.parse(bytes.toString()), {
    ...(JSON.parse(sound.text) as object),
    id: '\ufffdbc',
  })
})

test('an empty value is not a null value', (t) => {
  t.is(made('empty value'), '')
  t.is(made('null value'), null)
})

test('nothing but the identity is missing', (t) => {
  t.is(made('missing guid'), '{"at":1742199657865,"value":39.259011259415466}')
})

test('nothing but the unit of time is wrong', (t) => {
  t.is(made('timestamp in seconds'), '{"id":"abc","at":1742199657,"value":39.259011259415466}')
})

test('the year is 9999', (t) => {
  const { at } = JSON.parse(made('year 9999') as string) as { at: number }
  t.is(new Date(at).getUTCFullYear(), 9999)
})
