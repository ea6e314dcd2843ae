import test from 'ava'
import { at, feed } from '../../lib/testing.ts'
import { filter } from '../../operators/filter.ts'

const numbers = feed(at('09:00', 1), at('09:01', 2), at('09:02', 3))

test('only the events that pass the test go on, as they are', async (t) => {
  const { values, operator } = await numbers.run(filter((n) => n % 2 === 1))
  t.deepEqual(values, [1, 3])
  t.deepEqual(operator.fates, { dropped: 1, rejected: 0, expanded: 0 })
})

test('an event on which the test throws is rejected', async (t) => {
  const picky = filter((n: number) => {
    if (n === 2) throw new RangeError('not two')
    return true
  })
  const { values, rejected } = await numbers.run(picky)
  t.deepEqual(values, [1, 3])
  t.is(rejected[0]?.reason, 'RangeError: not two')
})

test('the function is handed the record that the event was read from', async (t) => {
  const record = { topic: 'orders', key: 'k', headers: { trace: 'x' }, offset: 7 }
  const read = feed(at('09:00', 'a', record), at('09:01', 'b', { topic: 'payments' }))
  t.deepEqual(await read.through(filter((_: string, { topic }) => topic === 'orders')), ['a'])
})
