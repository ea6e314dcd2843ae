import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { json } from '../../../lib/state/codec.ts'

const there = <T>(value: T): T => json<T>().read(json<T>().write(value))

test('infinities survive, also inside other values', (t) => {
  t.is(there(Infinity), Infinity)
  t.deepEqual(there({ from: -Infinity, to: [Infinity, 1] }), { from: -Infinity, to: [Infinity, 1] })
})

testProp('any JSON value comes back equal', [fc.jsonValue()], (t, value) => {
  t.deepEqual(there(value), JSON.parse(JSON.stringify(value)))
})
