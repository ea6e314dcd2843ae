import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { jsonText } from '../../lib/json-text.ts'

test('a bigint is written as the integer that it is, wherever it is', (t) => {
  t.is(jsonText(2n ** 63n), '9223372036854775808')
  t.is(
    jsonText({ ids: [9007199254740993n, -1n], text: '1n', half: 0.5 }),
    '{"ids":[9007199254740993,-1],"text":"1n","half":0.5}',
  )
})

testProp('without a bigint it is what JSON.stringify says', [fc.jsonValue()], (t, value) => {
  t.is(jsonText(value), JSON.stringify(value))
})

test('what JSON cannot say is refused, also beside a bigint', (t) => {
  const cycle: { id: bigint; self?: unknown } = { id: 1n }
  cycle.self = cycle
  t.throws(() => jsonText(cycle), { instanceOf: TypeError, message: /circular/ })
  t.throws(() => jsonText(undefined), { message: 'undefined cannot be written as JSON' })
})
