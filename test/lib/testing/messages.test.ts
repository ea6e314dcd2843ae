import test from 'ava'
import { definePipeline } from '../../../lib/index.ts'
import {
  at,
  barrier,
  crash,
  faultyProducer,
  feed,
  memoryLog,
  restart,
  virtualClock,
} from '../../../lib/testing.ts'
import { parse } from '../../../operators/index.ts'

interface Price {
  readonly symbol: string
  readonly price: number
}

const relay = definePipeline('relay', ({ kafka }) => {
  kafka({ topic: 'prices' })
    .through(parse<Price>())
    .to(kafka.to({ topic: 'copies', key: ({ symbol }) => symbol }))
})

const price = (n: number): Price => ({ symbol: 'A', price: n })

test('what a pipeline has produced is there once, over a crash too', async (t) => {
  const prices = feed(
    at('09:00', price(1)),
    barrier(),
    at('09:01', price(2)),
    crash(),
    restart(),
    at('09:02', price(3)),
  )
  const outcome = await prices.into(relay)
  const messages = await outcome.messages('copies')
  t.deepEqual(
    messages.map(({ key, bytes }) => [String(key), JSON.parse(String(bytes))]),
    [1, 2, 3].map((n) => ['A', price(n)]),
  )
  await outcome.expectNoLoss()
})

test('a faulty producer fails before, in the middle of and after an append', async (t) => {
  for (const [when, written] of [
    ['before', 0],
    ['middle', 2],
    ['after', 4],
  ] as const) {
    const log = memoryLog()
    await log.create('prices', 1)
    const producer = faultyProducer(await log.producer('prices'), {
      clock: virtualClock(),
      fault: ({ number, records }) =>
        number === 1 && records === 4 ? { [when]: 'fail' } : undefined,
    })
    const records = ['a', 'b', 'c', 'd'].map((value) => ({ key: null, value }))
    await t.throwsAsync(producer.append(records), { code: 'service' })
    t.is((await log.ranges('prices'))?.[0]?.high, written)
    await producer.append(records)
    t.is((await log.ranges('prices'))?.[0]?.high, written + 4)
  }
})
