import test from 'ava'
import { at, barrier, crash, feed, type Input, restart } from '../../lib/testing.ts'
import orders from '../../pipelines/orders.ts'
import { contents, samples } from './samples.ts'

const lines = samples('orders')

/** Lines as records, a second apart, keyed as they are produced. */
const records = (values: readonly string[]): Input<string>[] =>
  values.map((line, i) => at(`09:00:0${i}`, line, { key: JSON.parse(line).orderId }))

const expected = {
  'orders/12345/order_data.2.json': `${lines[2]}\n`,
  'orders/12345/order_data.3.json': `${lines[5]}\n`,
  'orders/12345/order_data.json': `${lines[0]}\n`,
  'orders/12346/order_data.2.json': `${lines[4]}\n`,
  'orders/12346/order_data.json': `${lines[1]}\n`,
  'orders/12347/order_data.json': `${lines[3]}\n`,
}

test('an order has an object for each of its records, as it stands', async (t) => {
  const outcome = await feed(...records(lines)).into(orders, { partitions: 2 })
  t.deepEqual(contents(outcome, 'orders'), expected)
  await outcome.expectNoLoss()
  await outcome.expectSameAgain()
})

test('the objects are the same, however commits and kills come between the records', async (t) => {
  const input = records(lines).flatMap((record, i) =>
    i % 2 === 0 ? [record, barrier()] : [record, crash(), restart()],
  )
  const outcome = await feed(...input).into(orders, { partitions: 2 })
  t.deepEqual(contents(outcome, 'orders'), expected)
  await outcome.expectNoLoss()
  await outcome.expectSameAgain()
})

test('an order is there as soon as it is committed', async (t) => {
  const outcome = await feed(...records(lines.slice(0, 1)), barrier(), crash()).into(orders)
  t.deepEqual(contents(outcome, 'orders'), { 'orders/12345/order_data.json': `${lines[0]}\n` })
})

test('what is no order, or is not keyed by its number, is set aside with the reason', async (t) => {
  const outcome = await feed(
    at('09:00:00', { orderId: 7, customerId: 'c', at: 1, total: 1 }, { key: '7' }),
    at('09:00:01', lines[0], { key: 'c1' }),
  ).into(orders, { partitions: 2 })
  t.deepEqual(contents(outcome, 'orders'), {})
  const reasons = outcome.rows<{ reason: string }>('rejected').map(({ reason }) => reason)
  t.true(reasons.some((reason) => reason.startsWith('invalid event: orderId: ')))
  t.true(reasons.some((reason) => reason.startsWith("its record has the key 'c1'")))
  await outcome.expectNoLoss()
})

test('an order whose number is a path has a folder that is none', async (t) => {
  const order = { orderId: '../7/8', customerId: 'c', at: 1, total: 1 }
  const outcome = await feed(at('09:00', order, { key: order.orderId })).into(orders)
  t.deepEqual(Object.keys(contents(outcome, 'orders')), ['orders/..%2F7%2F8/order_data.json'])
})
