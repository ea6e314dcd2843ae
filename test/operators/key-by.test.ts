import test from 'ava'
import { at, feed } from '../../lib/testing.ts'
import { each, fields, keyBy } from '../../operators/key-by.ts'

interface Sale {
  country: string | null
  size?: number
}
const nz: Sale = { country: 'nz', size: 5 }
const unknown: Sale = { country: null }
const sales = feed(at('09:00', nz), at('09:01', unknown))

test('fields make one key, in which what is missing is null', async (t) => {
  const keyed = await sales.through(keyBy(fields('country', 'size')))
  t.deepEqual(
    keyed.map(({ kind, names, parts }) => [kind, names, parts]),
    [
      ['joined', ['country', 'size'], ['nz', 5]],
      ['joined', ['country', 'size'], [null, null]],
    ],
  )
})

test('however many keys an event has, it stays one message', async (t) => {
  const keyed = await sales.through(keyBy(each('country', 'size')))
  t.deepEqual(
    keyed.map(({ kind, parts, event }) => [kind, parts, event]),
    [
      ['each', ['nz', 5], nz],
      ['each', [null, null], unknown],
    ],
  )
})

test('a function makes a key of its own', async (t) => {
  const [keyed] = await sales.through(keyBy((sale) => `${sale.country}/${sale.size}`))
  t.deepEqual([keyed?.names, keyed?.parts], [['key'], ['nz/5']])
})

test('a function may make the key of what the record holds', async (t) => {
  const deleted = feed(at('09:00', null, { key: 'u2', offset: 7 }))
  const [keyed] = await deleted.through(keyBy((_, { key, offset }) => `${String(key)}@${offset}`))
  t.deepEqual(keyed?.parts, ['u2@7'])
})

test('an event whose key holds an object or is not finite is rejected', async (t) => {
  const { rejected } = await feed<Sale>(
    at('09:00', { country: ['nz'] as unknown as string }),
    at('09:00', { country: 'nz', size: Infinity }),
  ).run(keyBy(fields('country', 'size')))
  t.deepEqual(
    rejected.map(({ reason }) => reason.split(' must ')[0]),
    ['TypeError: country', 'TypeError: size'],
  )
})

test('a key without a field is refused', (t) => {
  t.throws(() => keyBy(fields()), { message: 'keyBy needs the name of a field' })
})
