import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { byField } from '../../../../lib/s3/partitioner/by-field.ts'
import { partsOf } from '../../../../lib/s3/partitioner/key-parts.ts'
import { nested } from '../../../../lib/s3/partitioner/nested.ts'
import { at } from '../../../../lib/testing.ts'

test('what is absent is told apart from the texts that look like it', (t) => {
  t.deepEqual(partsOf('a=__missing__/a=%5F_missing__/a=%/a=%25/%'), [
    { name: 'a' },
    { name: 'a', value: '__missing__' },
    { name: 'a', value: '' },
    { name: 'a', value: '%' },
    { value: '' },
  ])
})

test('a key that no partitioner wrote is told as it stands', (t) => {
  t.deepEqual(partsOf('=a/100%/b=c=d'), [
    { value: '=a' },
    { value: '100%' },
    { name: 'b', value: 'c=d' },
  ])
})

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('%', '/', '.', '=', '_'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
})
const anyValue = fc.oneof(
  anyText,
  fc.constantFrom('', null, undefined, '__missing__', '__HIVE_DEFAULT_PARTITION__'),
)

testProp(
  'fields are read back from the key that they were put into',
  [fc.string({ minLength: 1 }), anyValue, anyValue],
  (t, name, one, other) => {
    const layout = nested(byField('a', { name }), byField('b', { bare: true }))
    const folder = layout(at('09:00', { a: one, b: other }), 0)
    const [first = {}, second = {}, ...more] = partsOf(folder)
    t.is(first.name, name)
    t.is(first.value, one)
    t.false('name' in second)
    t.is(second.value, other)
    t.deepEqual(more, [])
  },
)
