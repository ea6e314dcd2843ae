import test from 'ava'
import { seconds } from '../../lib/duration.ts'
import {
  byField,
  definePipeline,
  gzip,
  hours,
  integer,
  jsonArray,
  jsonLines,
  minutes,
  zstd,
} from '../../lib/index.ts'
import type { Pipeline } from '../../lib/pipeline.ts'
import { at, barrier, crash, feed, restart } from '../../lib/testing.ts'
import {
  count,
  eventTime,
  fields,
  flatMap,
  hopping,
  keyBy,
  map,
  parse,
  reduce,
  tumbling,
  window,
} from '../../operators/index.ts'
import { Process } from '../faults/process.ts'
import { manyEpochs, worldOf } from '../faults/scene.ts'
import { otherwise } from './again.ts'
import { inputOf } from './input.ts'
import { producingPipeline, PRODUCED } from './produced.ts'
import { TOPIC, type View, viewsPipeline } from './views.ts'
import { append, newWorld, recordOf, runToEnd, type World } from './world.ts'

const MB = 1024 * 1024

const view = (id: string, time: number): View => ({
  id,
  at: time,
  user: 'u',
  page: `page_${id.length}`,
  country: null,
  seconds: 1,
})

test('messages for topics come to the same again', async (t) => {
  const world = await worldOf()
  for (const topic of PRODUCED) await world.log.create(topic, 3)
  await runToEnd(world, { ...manyEpochs, pipeline: producingPipeline() })
  t.deepEqual(await otherwise(world, producingPipeline()), [])
})

test('objects of every size and compression come to the same again', async (t) => {
  const sized = definePipeline('sized', ({ kafka, s3 }) => {
    const all = kafka({ topic: TOPIC }).through(parse<{ n: number; of: string }>())
    all.to(s3({ prefix: 'whole', format: jsonArray() }))
    all.to(s3({ prefix: 'open', rotate: { bytes: 3 * MB } }))
    all.to(s3({ prefix: 'gzip', partitionBy: byField('of'), compression: gzip() }))
    all.to(s3({ prefix: 'zstd', compression: zstd(), rotate: { records: 40 } }))
  })
  const world = await newWorld(1, { batchRecords: 20 })
  await append(
    world,
    Array.from({ length: 110 }, (_, n) => ({
      key: null,
      value: JSON.stringify({ n, of: `o${n % 3}`, filler: `${n}`.repeat(50_000) }),
    })),
  )
  await runToEnd(world, { pipeline: sized, commitEvery: 1, memory: 48 * MB })
  t.true(world.store.objects('whole/').some(({ bytes }) => bytes.length > MB))
  t.deepEqual(await otherwise(world, sized), [])
})

test('windows that hop, and several events of a record, come to the same again', async (t) => {
  const hops = definePipeline('hops', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC })
      .through(parse<View>())
      .through(flatMap((each) => [each, { ...each, id: `${each.id}'` }]))
      .through(eventTime((each) => each.at, { outOfOrder: minutes(1), future: hours(1e6) }))
      .through(keyBy(fields('page')))
      .through(
        window(hopping({ size: minutes(20), every: minutes(10) }), { allowedLateness: minutes(5) }),
      )
      .through(reduce({ views: count() }))
      .to(s3({ prefix: 'hops', rotate: { records: 10 } }))
    rejected.to(s3({ prefix: 'rejected', rotate: { records: 3 } }))
  })
  const world = await newWorld(2, { batchRecords: 7 })
  await append(world, inputOf({ seed: 5, records: 150, late: 0.2 }))
  await runToEnd(world, { ...manyEpochs, pipeline: hops })
  t.deepEqual(await otherwise(world, hops), [])
})

test('finite runs, one after the other, come to the same again with what each has closed', async (t) => {
  const world = await newWorld(2, { batchRecords: 7 })
  const pipeline = viewsPipeline({ rotate: { records: 8 } })
  for (const seed of [1, 2, 3]) {
    await append(world, inputOf({ seed, records: 40 }))
    await runToEnd(world, { ...manyEpochs, pipeline })
  }
  t.deepEqual(await otherwise(world, pipeline), [])
})

test('an epoch in which an idle lane took over the time of the others comes to the same again', async (t) => {
  const pipeline = viewsPipeline({ rotate: { every: minutes(1) } })
  const world = await newWorld(2)
  const process = new Process(world, { pipeline, untilEnd: false })
  const start = world.clock.now()
  await append(world, [recordOf(view('idle', start), 1)])
  for (let n = 0; n < 200; n++) {
    await append(world, [recordOf(view(`a${n}`, start + n * minutes(1)), 0)])
    await world.clock.advance(seconds(2))
  }
  process.kill()
  await runToEnd(world, { pipeline })
  t.true(await hasAdopted(world))
  t.deepEqual(await otherwise(world, pipeline), [])
})

async function hasAdopted({ store }: World): Promise<boolean> {
  const records = store.objects('_sluice/views/views/1/commits/')
  return records.some(({ bytes }) => bytes.toString().includes('"adopted":'))
}

test('a pipeline is run again with the options that it was given', async (t) => {
  const every: Pipeline = definePipeline(
    'every',
    { nth: integer(1, 'which one') },
    ({ kafka, s3, options }) =>
      kafka({ topic: TOPIC })
        .through(parse<{ n: number }>())
        .through(map((event) => ({ n: event.n * options.nth })))
        .to(s3({ prefix: 'every' })),
  )
  const run = await feed(at('09:00', { n: 1 }), at('09:01', { n: 2 })).into(every, {
    values: { nth: 3 },
  })
  t.deepEqual(run.rows('every'), [{ n: 3 }, { n: 6 }])
  await run.expectSameAgain()
})

test('a function that asks for the time or for a number by chance is found', async (t) => {
  let asked = 0
  const impure = definePipeline('impure', ({ kafka, s3 }) =>
    kafka({ topic: TOPIC })
      .through(parse<{ n: number }>())
      .through(map((event) => ({ ...event, asked: ++asked })))
      .to(s3({ prefix: 'rows', format: jsonLines() })),
  )
  const run = await feed(
    at('09:00', { n: 1 }),
    barrier(),
    at('09:30', { n: 2 }),
    crash(),
    restart(),
    at('09:40', { n: 3 }),
  ).into(impure)
  await t.throwsAsync(run.expectSameAgain(), {
    message: /object rows\/\S+, row 1: it is \{"n":1,"asked":1\}; run again, .* made of \S+@0/,
  })
})

test('the test kit says what another version of a pipeline makes of the same events', async (t) => {
  const hourly = (size: number): Pipeline =>
    definePipeline('totals', ({ kafka, s3 }) =>
      kafka({ topic: TOPIC })
        .through(parse<View>())
        .through(eventTime((each) => each.at, { outOfOrder: minutes(1) }))
        .through(keyBy(fields('page')))
        .through(window(tumbling(hours(1))))
        .through(reduce({ views: count() }))
        .through(map((row) => ({ ...row, views: row.views * size })))
        .to(s3({ prefix: 'totals' })),
    )
  const time = Date.parse('2024-01-01T09:00:00Z')
  const run = await feed(
    at('09:00', view('a', time)),
    restart(),
    at('09:30', view('b', time + minutes(30))),
    at('11:30', view('c', time + minutes(150))),
  ).into(hourly(1))
  await run.expectSameAgain(hourly(1))
  await t.throwsAsync(run.expectSameAgain(hourly(2)), { message: /row 1: it is .*"views":2/ })
})
