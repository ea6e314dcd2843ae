import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import {
  byField,
  byFields,
  type ByFieldOptions,
  type FieldValue,
} from '../../../../lib/s3/partitioner/by-field.ts'
import { decoded } from '../../../../lib/s3/partitioner/segment.ts'
import { at } from '../../../../lib/testing.ts'

/** The folder of an event by a path. */
const folderOf = (path: string, event: unknown, options?: ByFieldOptions): string =>
  byField(path, options)(at('09:00', event), 0)

const country = (value: unknown, options?: ByFieldOptions): string =>
  folderOf('country', { country: value }, options)

test('a field is a folder, and what is harmless in it stays as it is', (t) => {
  t.is(country("O'Keefe, O'Conner and Ullrich"), "country=O'Keefe, O'Conner and Ullrich")
  t.is(country('Côte d’Ivoire'), 'country=Côte d’Ivoire')
  t.is(country(7), 'country=7')
  t.is(country(-0.5), 'country=-0.5')
  t.is(country(false), 'country=false')
  t.is(country(12345678901234567890n), 'country=12345678901234567890')
})

test('what a path or a reader of folders could misread is escaped, in names too', (t) => {
  t.is(country('a/b'), 'country=a%2Fb')
  t.is(country(1e21), 'country=1e%2B21')
  t.is(folderOf('a/b', { 'a/b': 1 }), 'a%2Fb=1')
})

test('a missing field, null and the empty text have folders of their own', (t) => {
  t.is(country(null), 'country=__HIVE_DEFAULT_PARTITION__')
  t.is(country(''), 'country=%')
  t.is(country(undefined), 'country=__missing__')
  t.is(folderOf('country', {}), 'country=__missing__')
})

test('the folders of what is absent are called as chosen', (t) => {
  const options = { missing: 'none', null: 'none', empty: 'blank' }
  t.is(country(undefined, options), 'country=none')
  t.is(country(null, options), 'country=none')
  t.is(country('', options), 'country=blank')
})

test('what is absent is rejected where that is chosen, each for itself', (t) => {
  const rejected = (value: unknown, kind: string): void => {
    const folderOf = byField('country', { [kind]: 'reject' })
    const others = [undefined, null, ''].filter((other) => other !== value)
    for (const other of others) t.notThrows(() => folderOf(at('09:00', { country: other }), 0))
    t.throws(() => folderOf(at('09:00', { country: value }), 0), {
      instanceOf: TypeError,
      message: `no folder by the field 'country': the field is ${kind}`,
    })
  }
  rejected(undefined, 'missing')
  rejected(null, 'null')
  rejected('', 'empty')
})

test('a text that is called like the folder of what is absent has another', (t) => {
  t.is(country('__missing__'), 'country=%5F_missing__')
  t.is(country('__HIVE_DEFAULT_PARTITION__'), 'country=%5F_HIVE_DEFAULT_PARTITION__')
  t.is(country('%'), 'country=%25')
  t.is(country('日本', { missing: '日本' }), 'country=%E6%97%A5本')
  t.is(country('__missing__', { missing: 'reject' }), 'country=__missing__')
})

test('a bare folder is the value alone', (t) => {
  t.is(country('France', { bare: true }), 'France')
  t.is(country('..', { bare: true }), '%2E%2E')
  t.is(country('', { bare: true }), '%')
})

test('a folder may call its field otherwise', (t) => {
  t.is(folderOf('address.city', { address: { city: 'Lyon' } }, { name: 'city' }), 'city=Lyon')
})

test('a path leads into objects and arrays, and may end before its time', (t) => {
  const event = {
    address: { city: 'Lyon', geo: null },
    tags: ['a', 'b'],
    items: [{ sku: 7 }],
    'a.b': { 'c\\d': 1 },
  }
  t.is(folderOf('address.city', event), 'address.city=Lyon')
  t.is(folderOf('tags.1', event), 'tags.1=b')
  t.is(folderOf('items.0.sku', event), 'items.0.sku=7')
  t.is(folderOf('a\\.b.c\\\\d', event, { bare: true }), '1')
  t.is(folderOf('address.geo', event), 'address.geo=__HIVE_DEFAULT_PARTITION__')
  for (const path of ['address.geo.lat', 'address.town', 'tags.2', 'tags.length', 'tags.01'])
    t.is(folderOf(path, event, { bare: true }), '__missing__')
  t.is(folderOf('1', ['a', 'b']), '1=b')
})

test('what an object only inherits is missing', (t) => {
  for (const path of ['constructor', 'toString', '__proto__', 'country.length', 'a.constructor'])
    t.is(folderOf(path, { country: 'x', a: {} }, { bare: true }), '__missing__')
  t.is(folderOf('__proto__', JSON.parse('{"__proto__":1}'), { bare: true }), '1')
})

test('objects, arrays and bytes name no folder', (t) => {
  const reason = (value: unknown): string | undefined =>
    t.throws(() => country(value), { instanceOf: TypeError })?.message
  t.is(reason({ a: 1 }), "no folder by the field 'country': the value is an object")
  t.is(reason([1]), "no folder by the field 'country': the value is an array")
  t.is(reason(Buffer.from('x')), "no folder by the field 'country': the value is bytes")
})

test('an event that has no fields is rejected, and a tombstone lacks the field', (t) => {
  for (const event of ['text', 7, true, Buffer.from('{}')])
    t.throws(() => folderOf('country', event), { instanceOf: TypeError, message: /no fields/ })
  t.is(folderOf('country', null), 'country=__missing__')
})

test('a value that no key can hold is refused and not remembered', (t) => {
  const partitioner = byField('country')
  const long = at('09:00', { country: 'x'.repeat(1_025) })
  t.throws(() => partitioner(long, 0), { instanceOf: TypeError, message: /1025 characters/ })
  t.throws(() => partitioner(long, 0), { instanceOf: TypeError })
  t.throws(() => country('\ud800'), { instanceOf: TypeError, message: /surrogate/ })
})

test('several fields are folders inside each other, in their order', (t) => {
  const event = at('09:00', { company: 'Block Group', country: 'France' })
  t.is(byFields('company', 'country')(event, 0), 'company=Block Group/country=France')
  t.is(byFields('country', 'company')(event, 0), 'country=France/company=Block Group')
})

test('the users of the sample are where Kafka Connect has them', (t) => {
  const users = [
    ['Block Group', 'Argentina'],
    ["O'Keefe, O'Conner and Ullrich", 'France'],
    ['Block Group', 'France'],
    ['Wintheiser, Sanford and Gusikowski', 'Peru'],
    ['Bruen-Donnelly', 'Indonesia'],
    ['Hauck, Little and Hand', 'France'],
  ].map(([company, country]) => at('09:00', { company, country }))
  const layout = byFields('company', 'country')
  t.deepEqual(
    users.map((user) => layout(user, 0)),
    [
      'company=Block Group/country=Argentina',
      "company=O'Keefe, O'Conner and Ullrich/country=France",
      'company=Block Group/country=France',
      'company=Wintheiser, Sanford and Gusikowski/country=Peru',
      'company=Bruen-Donnelly/country=Indonesia',
      'company=Hauck, Little and Hand/country=France',
    ],
  )
})

test('paths and options that cannot be are refused when the partitioner is made', (t) => {
  const refused = (make: () => unknown, message: RegExp): void =>
    void t.throws(make, { name: 'SluiceError', code: 'config', message })
  for (const path of ['', '.', 'a.', '.a', 'a..b', 'a\\', 'a\\b'])
    refused(() => byField(path), /is no path to a field/)
  for (const folder of ['', 'a/b', '..', '50%', 'a=b', '\n'])
    refused(() => byField('a', { missing: folder }), /cannot be a folder by the field 'a'/)
  refused(() => byField('a', { bare: true, name: 'b' }), /bare and name .* contradict/)
})

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('%', '/', '\\', '.', '=', '_', '\u0000', '\u0085', 'é', 'e\u0301'),
    fc.string({ unit: 'binary' }),
  ),
})
const anyValue: fc.Arbitrary<FieldValue> = fc.oneof(
  anyText,
  fc.constantFrom('__missing__', '__HIVE_DEFAULT_PARTITION__', '%', '', null, undefined),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
)

testProp('a text can be read back from its folder', [anyText], (t, text) => {
  t.is(decoded(country(text).slice('country='.length)), text)
})

testProp(
  'two values share a folder only if they are the same text',
  [anyValue, anyValue],
  (t, one, other) => {
    const isAbsent = (value: FieldValue): boolean => value === null || value === undefined
    const isSame = isAbsent(one) || isAbsent(other) ? one === other : String(one) === String(other)
    t.is(country(one) === country(other), isSame)
  },
)

testProp(
  'a field has the same folder whatever was asked for before',
  [fc.array(anyValue, { maxLength: 700 })],
  (t, values) => {
    const partitioner = byField('country')
    const all = [...values, ...values].map((value) => at('09:00', { country: value }))
    t.deepEqual(
      all.map((message) => partitioner(message, 0)),
      all.map(({ value }) => country(value.country)),
    )
  },
  { numRuns: 20 },
)

test('more folders than are remembered are still told apart', (t) => {
  const partitioner = byField('user')
  const users = Array.from({ length: 5_000 }, (_, user) => user)
  const folders = [...users, ...users].map((user) => partitioner(at('09:00', { user }), 0))
  t.deepEqual(
    folders,
    [...users, ...users].map((user) => `user=${user}`),
  )
})
