import test from 'ava'
import { json } from '../../../lib/state/codec.ts'
import { newStores } from '../../../lib/state/stores.ts'

test('an operator has every store that it asked for, by name and in that order', (t) => {
  const stores = newStores()
  stores.value('time', json(), 0)
  stores.map('open', json())
  stores.identities('seen', { within: 10 })
  t.deepEqual([...stores.all.keys()], ['time', 'open', 'seen'])
  t.is(stores.all.get('seen')?.format, 'identities/1 10')
})

test('one name is one store', (t) => {
  const stores = newStores()
  stores.map('open', json())
  t.throws(() => stores.value('open', json(), 0), { message: /'open' is declared twice/ })
})

test('nothing is sealed unless it is said so', (t) => {
  t.is(newStores().sealed, -Infinity)
  t.is(newStores(7).sealed, 7)
})
