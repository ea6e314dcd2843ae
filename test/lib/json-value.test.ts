import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { whyNotJson } from '../../lib/json-value.ts'

testProp('whatever comes out of JSON is a JSON value', [fc.jsonValue()], (t, value) => {
  t.is(whyNotJson(JSON.parse(JSON.stringify(value))), undefined)
})

testProp(
  'what it has nothing against comes back from JSON as it was',
  [fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true })],
  (t, value) => {
    if (whyNotJson(value) === undefined)
      t.true(fc.stringify(JSON.parse(JSON.stringify(value))) === fc.stringify(plain(value)))
    else t.pass()
  },
)

/** Without null prototypes, which are as good as plain, and with one zero only. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map((each) => plain(each))
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]))
  return value === 0 ? 0 : value
}

test('it says what is in the way, and where', (t) => {
  const none = (): undefined => undefined
  t.is(whyNotJson(new Date(0)), 'has a Date')
  t.is(whyNotJson({ at: [1, new Map()] }), 'has a Map at at.1')
  t.is(whyNotJson({ a: { b: undefined } }), 'has undefined at a.b')
  t.is(whyNotJson([none]), 'has a function at 0')
  t.is(whyNotJson({ n: NaN }), 'has NaN at n')
  t.is(whyNotJson(10n), 'has a bigint')
})
