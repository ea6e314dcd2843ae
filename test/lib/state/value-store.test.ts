import test from 'ava'
import { json } from '../../../lib/state/codec.ts'
import { valueStore } from '../../../lib/state/value-store.ts'

test('a value is written once for every time it was set, however often', (t) => {
  const store = valueStore(json<number>(), 0)
  t.is(store.delta(), undefined)
  store.set(1)
  store.set(2)
  const delta = store.delta()
  t.is(delta?.bytes.toString(), '2')
  t.is(store.memory, 1)
  t.is(store.delta(), undefined)
})

test('a base takes the place of the next delta, and is written even when nothing was set', (t) => {
  const store = valueStore(json<string>(), 'initial')
  t.is(store.base().bytes.toString(), '"initial"')
  store.set('later')
  store.base()
  t.is(store.delta(), undefined)
})

test('what is read back is not written again', (t) => {
  const store = valueStore(json<{ n: number }>(), { n: 0 })
  store.apply(Buffer.from('{"n":1}'))
  t.deepEqual(store.get(), { n: 1 })
  t.is(store.delta(), undefined)
  store.apply(Buffer.from('{"n":2}'))
  t.deepEqual(store.get(), { n: 2 })
})

test('its format names the codec', (t) => {
  t.is(valueStore(json(), null).format, 'value json/1')
})

test('a change says that it is all there is', (t) => {
  const store = valueStore(json<number>(), 0)
  store.set(5)
  t.true(store.delta()?.whole)
})
