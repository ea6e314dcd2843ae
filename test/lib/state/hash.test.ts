import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { hash64, identityWriter } from '../../../lib/state/hash.ts'

const hex = (text: string): string => Buffer.from(identityWriter()(text).buffer).toString('hex')

test('hashes are those that were written before', (t) => {
  t.is(hash64(''), 0xef46db3751d8e999n)
  t.is(hash64('a'), 0xd24ec4f1a98c6e5bn)
  t.is(hash64('abc'), 0x44bc2cf5ad770999n)
  t.is(hex('abc'), '990977adf52cbc448bac436b9df5d02e')
})

test('a UUID is its own identity, unless its text is unusual', (t) => {
  const uuid = '67f4dfdd-c4db-4f8d-aa90-24da30f760ac'
  t.is(hex(uuid), uuid.replaceAll('-', ''))
  const others = [
    uuid.toUpperCase(),
    uuid.replace('f', 'g'),
    uuid.replace('f', 'é'),
    uuid.replaceAll('-', '_'),
    uuid.slice(1),
  ]
  for (const other of others) t.not(hex(other), uuid.replaceAll('-', ''), other)
})

testProp('every UUID is told from every other text', [fc.uuid(), fc.string()], (t, uuid, text) => {
  t.is(hex(uuid), uuid.replaceAll('-', ''))
  t.is(hex(uuid) === hex(text), uuid === text)
})
