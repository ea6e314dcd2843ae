import test from 'ava'
import { z } from 'zod'
import { csv } from '../../../../lib/s3/format/csv.ts'
import { made, objectsOf } from './objects.ts'

const header = true
const [a, ab, bc] = [made({ a: 1 }), made({ a: 1, b: 2 }), made({ b: 2, c: 3 })]

test('columns are those of a zod object, or of a JSON Schema', (t) => {
  const user = z.object({ id: z.number(), name: z.string().optional() })
  const ofUser = [made({ name: 'x', id: 1 })]
  t.deepEqual(objectsOf(csv({ columns: user, header }), ofUser), ['id,name\n1,x\n'])
  const columns = { type: 'object', properties: { id: { type: 'integer' }, name: {} } }
  t.deepEqual(objectsOf(csv({ columns, header }), ofUser), ['id,name\n1,x\n'])
})

test('a schema without fields is refused when the format is built', (t) => {
  const wrong = { properties: {} }
  t.throws(() => csv({ columns: wrong }), {
    message: /^columns of csv is a list of names, an object/,
  })
  const text = z.string() as unknown as typeof wrong
  t.throws(() => csv({ columns: text }), {
    message: /^columns of csv is a list of names, an object/,
  })
})

test('without stated columns the first event of an object has them', (t) => {
  t.deepEqual(objectsOf(csv({ header }), [ab, made({ b: 4 })]), ['a,b\n1,2\n,4\n'])
})

test('an event with a field that is no column is refused, and names it', (t) => {
  for (const format of [csv({ header }), csv({ columns: ['a'] })])
    t.throws(() => objectsOf(format, [a, ab]), {
      instanceOf: TypeError,
      message: 'csv() cannot write the field b, which is no column',
    })
})

test('a field that is undefined is no field', (t) => {
  t.deepEqual(objectsOf(csv({ columns: ['a'] }), [made({ a: 1, b: undefined })]), ['1\n'])
})

test('columns that widen begin another object, with all that there were and the new ones', (t) => {
  t.deepEqual(objectsOf(csv({ header, drift: 'widen' }), [a, ab, bc, a]), [
    'a\n1\n',
    'a,b\n1,2\n',
    'a,b,c\n,2,3\n1,,\n',
  ])
  t.deepEqual(objectsOf(csv({ columns: ['c'], header, drift: 'widen' }), [a, bc]), [
    'c,a\n,1\n',
    'c,a,b\n3,,2\n',
  ])
})

test('an object that was carried with other columns than are stated now is finished', (t) => {
  const now = csv({ columns: ['b', 'c'], drift: 'widen', header })
  t.is(now.schema?.(bc, '["b"]'), '["b","c"]')
  t.is(now.schema?.(bc, '["b","c","d"]'), '["b","c","d"]')
  t.is(csv({ columns: ['b', 'c'] }).schema?.(bc, '["c","b"]'), '["b","c"]')
})

test('without widening, only the stated columns are columns, whatever an object was carried with', (t) => {
  t.is(csv({ columns: ['b', 'c'] }).schema?.(bc, '["b","c","d"]'), '["b","c"]')
})

test('a tombstone is a row of nulls', (t) => {
  t.deepEqual(objectsOf(csv({ columns: ['a', 'b'] }), [made(null)]), [',\n'])
  t.deepEqual(objectsOf(csv(), [ab, made(null)]), ['1,2\n,\n'])
})
