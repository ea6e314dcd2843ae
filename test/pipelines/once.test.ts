import test from 'ava'
import { definePipeline, jsonLines, once } from '../../lib/index.ts'
import {
  at,
  barrier,
  clock,
  crash,
  feed,
  type Input,
  memoryStore,
  type Outcome,
  restart,
  slow,
  virtualClock,
} from '../../lib/testing.ts'
import { parse } from '../../operators/index.ts'
import { find } from '../../lib/verify/trace/find.ts'
import { visitsIn, visitsPipeline } from './visits.ts'

/** A visit as it is produced, the moment it happens unless it is said when it comes. */
const visit = (time: string, n: number, { user = 'ada', comes = time } = {}) =>
  at(comes, { user, at: clock(time), n }, { key: user })

/** By key, the numbers of the rows. */
const numbers = (outcome: Outcome, prefix = 'visits'): Record<string, number[]> =>
  Object.fromEntries(
    visitsIn(outcome.objects(prefix)).map(([key, visits]) => [
      key.slice(prefix.length + 1),
      visits.map(({ n }) => n),
    ]),
  )

const run = (...input: Input<unknown>[]) => feed(...input).into(visitsPipeline())

test('rows of a second lie in one object, by time and then by offset, over commits and crashes', async (t) => {
  const outcome = await run(
    visit('09:00:00.500', 1),
    barrier(),
    visit('09:00:00.100', 2, { comes: '09:00:11' }),
    visit('09:00:00.500', 3, { comes: '09:00:11' }),
    barrier(),
    crash(),
    restart(),
    visit('09:00:00.300', 4, { comes: '09:00:22' }),
    visit('09:00:01.000', 5, { comes: '09:00:22' }),
  )
  t.deepEqual(numbers(outcome), {
    'ada/09%3A00%3A00.jsonl': [2, 4, 1, 3],
    'ada/09%3A00%3A01.jsonl': [5],
  })
  await outcome.expectNoLoss()
  await outcome.expectSameAgain()
})

test('an object is there as soon as the watermark has passed its second and a commit has come', async (t) => {
  const outcome = await run(
    visit('09:00:00', 1),
    visit('09:00:03', 2, { comes: '09:00:03' }),
    barrier(),
    crash(),
  )
  t.deepEqual(numbers(outcome), { 'ada/09%3A00%3A00.jsonl': [1] })
})

test('what comes when its second is over lies beside it', async (t) => {
  const late = (n: number) => visit('09:00:00', n, { comes: '09:00:30' })
  const outcome = await run(
    visit('09:00:00', 1),
    visit('09:00:09', 2),
    late(3),
    late(4),
    visit('09:00:30', 5),
    barrier(),
    late(6),
    barrier(),
  )
  t.deepEqual(numbers(outcome), {
    'ada/09%3A00%3A00.jsonl': [1],
    'ada/09%3A00%3A00.late-1.jsonl': [3, 4],
    'ada/09%3A00%3A00.late-2.jsonl': [6],
    'ada/09%3A00%3A09.jsonl': [2],
    'ada/09%3A00%3A30.jsonl': [5],
  })
  await outcome.expectNoLoss()
  await outcome.expectSameAgain()
})

test('what comes when its second is over may be one more of its name', async (t) => {
  const outcome = await feed(
    visit('09:00:00', 1),
    visit('09:00:09', 2),
    barrier(),
    visit('09:00:00', 3, { comes: '09:00:30' }),
    visit('09:00:35', 4),
    visit('09:00:00', 5, { comes: '09:00:36' }),
  ).into(visitsPipeline('number'))
  t.deepEqual(numbers(outcome), {
    'ada/09%3A00%3A00.2.jsonl': [3],
    'ada/09%3A00%3A00.3.jsonl': [5],
    'ada/09%3A00%3A00.jsonl': [1],
    'ada/09%3A00%3A09.jsonl': [2],
    'ada/09%3A00%3A35.jsonl': [4],
  })
  await outcome.expectNoLoss()
  await outcome.expectSameAgain()
})

test('what comes when its second is over may be rejected', async (t) => {
  const outcome = await feed(
    visit('09:00:00', 1),
    visit('09:00:09', 2),
    visit('09:00:00', 3, { comes: '09:00:30' }),
  ).into(visitsPipeline('reject'))
  t.deepEqual(numbers(outcome), { 'ada/09%3A00%3A00.jsonl': [1], 'ada/09%3A00%3A09.jsonl': [2] })
  const [rejected] = outcome.rows<{ reason: string; offset: number }>('rejected')
  t.is(rejected?.offset, 2)
  t.regex(rejected?.reason ?? '', /^late: .* 2024-01-01T09:00:01.000Z$/)
  await outcome.expectNoLoss()
  await outcome.expectSameAgain()
})

const orders = definePipeline('orders', ({ kafka, s3 }) => {
  kafka({ topic: 'orders', keyedBy: (order: { id: string }) => order.id })
    .through(parse<{ id: string; n: number }>())
    .to(
      s3({
        prefix: 'orders',
        partitionBy: ({ value }) => value.id,
        format: jsonLines(),
        name: once({ of: 'data' }),
      }),
    )
})

test('without a span every record has an object of its own, numbered where there are several', async (t) => {
  const order = (time: string, id: string, n: number) => at(time, { id, n }, { key: id })
  const outcome = await feed(
    order('09:00', '7', 1),
    order('09:00', '7', 2),
    order('09:00', '8', 3),
    crash(),
    restart(),
    order('09:01', '7', 4),
    barrier(),
    order('09:02', '7', 5),
    order('09:02', '7', 6),
  ).into(orders, { partitions: 2, faults: [slow(4_000, 'put')] })
  t.deepEqual(numbers(outcome, 'orders'), {
    '7/data.2.jsonl': [2],
    '7/data.3.jsonl': [4],
    '7/data.4.jsonl': [5],
    '7/data.5.jsonl': [6],
    '7/data.jsonl': [1],
    '8/data.jsonl': [3],
  })
  await outcome.expectNoLoss()
  await outcome.expectSameAgain()
})

test('a record that is not keyed as the pipeline says is rejected, since another partition could write its object', async (t) => {
  const outcome = await feed(
    visit('09:00:00', 1),
    at('09:00:00', { user: 'ada', at: clock('09:00:00'), n: 2 }),
    at('09:00:00', { user: 'ada', at: clock('09:00:00'), n: 3 }, { key: 'bob' }),
  ).into(visitsPipeline(), { partitions: 2 })
  t.deepEqual(numbers(outcome), { 'ada/09%3A00%3A00.jsonl': [1] })
  t.deepEqual(
    outcome.rows<{ reason: string }>('rejected').map(({ reason }) => reason.split(':')[0]),
    [
      "its record has no key, and keyedBy says 'ada'",
      "its record has the key 'bob', and keyedBy says 'ada'",
    ],
  )
  await outcome.expectNoLoss()
  await outcome.expectSameAgain()
})

test('in the only partition of a topic it needs no key', async (t) => {
  const outcome = await feed(at('09:00:00', { user: 'ada', at: clock('09:00:00'), n: 1 })).into(
    visitsPipeline(),
  )
  t.deepEqual(numbers(outcome), { 'ada/09%3A00%3A00.jsonl': [1] })
})

test('find tells the row of a record, in a sorted object and in one that is still open', async (t) => {
  const { log, store } = await run(
    visit('09:00:00.500', 0),
    visit('09:00:00.100', 1, { comes: '09:00:00.600' }),
    visit('09:00:09.200', 2),
    visit('09:00:09.100', 3, { comes: '09:00:10' }),
    barrier(),
    crash(),
  )
  const places = [0, 1, 2, 3].map(async (offset) => {
    const { traces } = await find({
      topic: 'views',
      partition: 0,
      offset,
      store,
      log,
      clock: virtualClock(),
      replay: { pipelineOf: () => Promise.resolve(visitsPipeline()), scratch: memoryStore() },
    })
    return traces[0]?.paths[0]?.places.map(({ state, rows }) => [state, ...rows])
  })
  t.deepEqual(await Promise.all(places), [
    [['committed', 2]],
    [['committed', 1]],
    [['open', 2]],
    [['open', 1]],
  ])
})
