import test from 'ava'
import { readLine } from '../../../lib/cli/line-record.ts'

const read = (text: string | Buffer, key?: string, number = 2) => {
  const { record, problem } = readLine({ number, bytes: Buffer.from(text) }, { key, most: 100 })
  return problem ?? [record?.key, String(record?.value)]
}

test('the value is the line as it stands', (t) => {
  const line = '{"b": 1.0,  "a":12345678901234567890}'
  t.deepEqual(read(line), [null, line])
})

test('the key is the text of a field, also one that lies deeper or has a dot in its name', (t) => {
  t.deepEqual(read('{"id":"a b"}', 'id')[0], 'a b')
  t.deepEqual(read('{"id":""}', 'id')[0], '')
  t.deepEqual(read('{"user":{"id":"x"}}', 'user.id')[0], 'x')
  t.deepEqual(read('{"user.id":"y","user":{"id":"x"}}', 'user.id')[0], 'y')
  t.deepEqual(read('{"ids":["x","y"]}', 'ids.1')[0], 'y')
})

test('a number is a key as it is written, however large', (t) => {
  t.deepEqual(read('{"id":12345678901234567890}', 'id')[0], '12345678901234567890')
  t.deepEqual(read('{"id":1.50}', 'id')[0], '1.50')
  t.deepEqual(read('{"id":false}', 'id')[0], 'false')
})

test('a line without such a field, or with nothing in it that is a key, is bad', (t) => {
  for (const line of ['{}', '{"id":null}', '7', 'null', '{"ID":1}'])
    t.is(read(line, 'id'), 'has no id')
  t.is(read('{"id":{"a":1}}', 'id'), 'has in id neither a text nor a number')
  t.is(read('{}', 'constructor'), 'has no constructor')
})

test('what is no JSON, or no text, is bad, and says why', (t) => {
  t.is(read('{"a":'), 'is no JSON: Unexpected end of JSON input')
  t.is(read(Buffer.from([0x22, 0xff, 0x22])), 'is no text in UTF-8')
  t.is(
    readLine({ number: 2, bytes: undefined }, { most: 16 * 1024 ** 2 }).problem,
    'is longer than 16 MB',
  )
})

test('a byte order mark is passed over at the beginning of the text, and nowhere else', (t) => {
  t.deepEqual(read('\ufeff{"a":1}', 'a', 1), ['1', '{"a":1}'])
  t.regex(String(read('\ufeff{"a":1}', 'a', 2)), /^is no JSON/)
})
