import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { compactJson, membersOf } from '../../lib/json-tokens.ts'

test('space between tokens goes, space in texts stays', (t) => {
  t.is(compactJson(' { "a b" :\r\n[ 1 ,\t"c  d" ] }\n'), '{"a b":[1,"c  d"]}')
  t.is(compactJson('"\\\\" '), '"\\\\"')
  t.is(compactJson('[ "a\\" , b" , 1 ]'), '["a\\" , b",1]')
  t.is(compactJson(' '), '')
})

test('numbers stay as they are written', (t) => {
  const numbers = ['1.10', '1e400', '12345678901234567890', '-0', '0.1E+1', '100.00']
  t.is(compactJson(`[\n${numbers.join(',\n')}\n]`), `[${numbers.join(',')}]`)
})

const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/)
const number = fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,24})?([eE][+-]?\d{1,3})?$/)
const word = fc.oneof(
  number,
  fc.constantFrom('true', 'false', 'null', '{', '}', '[', ']', ',', ':'),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
)

testProp(
  'what is left are the tokens, one after the other',
  [fc.array(fc.tuple(space, word))],
  (t, tokens) => {
    t.is(compactJson(tokens.flat().join('')), tokens.map(([, token]) => token).join(''))
  },
)

testProp(
  'the value is the same',
  [fc.json(), fc.integer({ min: 1, max: 3 })],
  (t, json, indent) => {
    const value: unknown = JSON.parse(json)
    const text = compactJson(JSON.stringify(value, null, indent))
    t.deepEqual(JSON.parse(text), value)
    t.is(text, JSON.stringify(value))
  },
)

const members = (text: string): [string, string][] => [...membersOf(text)]

test('members have their values as they are written', (t) => {
  t.deepEqual(members('\n{ "a" : 1.10 , "b":{"c": [ "}" ]},"d":"e\\"," , "f\\u0067" :null}'), [
    ['a', '1.10'],
    ['b', '{"c": [ "}" ]}'],
    ['d', '"e\\","'],
    ['fg', 'null'],
  ])
  t.deepEqual(members('{ }'), [])
})

test('of a name that is there twice the last value counts', (t) => {
  t.deepEqual(members('{"a":1,"b":2,"a":3}'), [
    ['a', '3'],
    ['b', '2'],
  ])
})

testProp(
  'every member is found, and what is written is its value',
  [fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.nat({ max: 2 })],
  (t, written, indent) => {
    const text = JSON.stringify(written, null, indent)
    const value = JSON.parse(text) as Record<string, unknown>
    const found = membersOf(text)
    t.deepEqual([...found.keys()].toSorted(), Object.keys(value).toSorted())
    for (const [name, json] of found) t.deepEqual(JSON.parse(json), value[name])
  },
)
