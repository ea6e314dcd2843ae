import test from 'ava'
import { z } from 'zod'
import { hours, minutes, seconds } from '../../lib/duration.ts'
import { definePipeline, hourly, jsonLines } from '../../lib/index.ts'
import type { Batch, Log } from '../../lib/ports.ts'
import { runPipeline } from '../../lib/run/run.ts'
import { everything, faultyStore } from '../../lib/testing.ts'
import { dedupe, eventTime, map, parse, validate } from '../../operators/index.ts'
import { problemsOf } from './audit.ts'
import { linesOf } from './contents.ts'
import { MORNING, TOPIC, type View, viewAt, viewsPipeline } from './views.ts'
import { append, newWorld, recordOf, runToEnd, settings, type World } from './world.ts'

const views = (count: number, partition = 0) =>
  Array.from({ length: count }, (_, n) =>
    recordOf(viewAt(MORNING + seconds(n), `${partition}-${n}`), partition),
  )

async function worldWith(...records: Parameters<typeof append>[1]): Promise<World> {
  const world = await newWorld(1)
  await append(world, records)
  return world
}

test('a pipeline without a place for rejects stops at the first one, and shows it', async (t) => {
  const world = await worldWith(...views(3), { key: 'k', value: '{oops' })
  const pipeline = definePipeline('bare', ({ kafka, s3 }) =>
    kafka({ topic: TOPIC })
      .through(parse())
      .to(s3({ prefix: 'raw' })),
  )
  await t.throwsAsync(runToEnd(world, { pipeline }), {
    code: 'rejected',
    message:
      /^parse rejected views-0@3 \(key k\): malformed JSON.*The record: \{oops\. .*give it one/,
  })
  t.deepEqual(world.store.objects('raw/'), [])
})

test('an event that must fit and does not stops the pipeline, and nothing of its epoch is committed', async (t) => {
  const world = await worldWith(...views(3), { key: 'k', value: '{"id":1}' })
  const pipeline = definePipeline('strict', ({ kafka, s3 }) =>
    kafka({ topic: TOPIC })
      .through(parse())
      .through(validate(z.object({ id: z.string() }), { onInvalid: 'fail' }))
      .to(s3({ prefix: 'raw' })),
  )
  await t.throwsAsync(runToEnd(world, { pipeline }), {
    code: 'rejected',
    message: /^validate refuses views-0@3: id: /,
  })
  t.deepEqual(world.store.objects('raw/'), [])
})

test('events that may be left out are counted, and need no place for rejects', async (t) => {
  const world = await worldWith(...views(3), { key: 'k', value: '{"id":1}' })
  const pipeline = definePipeline('lenient', ({ kafka, s3 }) =>
    kafka({ topic: TOPIC })
      .through(parse())
      .through(validate(z.object({ id: z.string() }), { onInvalid: 'drop' }))
      .to(s3({ prefix: 'raw' })),
  )
  const summary = await runToEnd(world, { pipeline })
  t.deepEqual([summary.dropped, summary.rejected], [{ validate: 1 }, {}])
  t.deepEqual(problemsOf(world.store), [])
})

test('a reject inside the rejected flow stops the pipeline', async (t) => {
  const world = await worldWith({ key: 'k', value: '{' })
  const pipeline = definePipeline('views', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC })
      .through(parse())
      .to(s3({ prefix: 'raw' }))
    rejected
      .through(
        map(() => {
          throw new Error('no')
        }),
      )
      .to(s3({ prefix: 'rejected' }))
  })
  await t.throwsAsync(runToEnd(world, { pipeline }), {
    code: 'rejected',
    message: /^map rejected an event of the rejected flow, from views-0@0: Error: no/,
  })
})

/** A pipeline whose `map` throws for every n-th event. */
const throwing = (every: number) =>
  definePipeline('views', ({ kafka, s3, rejected }) => {
    let n = 0
    kafka({ topic: TOPIC })
      .through(parse<View>())
      .through(
        map((view) => {
          if (n++ % every === 0) throw new RangeError('no such page')
          return view
        }),
      )
      .to(s3({ prefix: 'raw' }))
    rejected.to(s3({ prefix: 'rejected' }))
  })

test('an event for which a function throws is rejected, with what it threw', async (t) => {
  const world = await worldWith(...views(10))
  const summary = await runToEnd(world, { pipeline: throwing(5) })
  t.deepEqual(summary.rejected, { RangeError: 2 })
  const row = JSON.parse(linesOf(world.store, 'rejected')[0] as string) as object
  t.like(row, { operator: 'map', reason: 'RangeError: no such page', offset: 0 })
  t.is(linesOf(world.store, 'raw').length, 8)
})

test('a bug that throws for every event stops the pipeline, and nothing is committed', async (t) => {
  const world = await worldWith(...views(900))
  await t.throwsAsync(runToEnd(world, { pipeline: throwing(1) }), {
    code: 'rejected',
    message: /^501 of the last 1000 records were rejected, 501 because map threw a RangeError/,
  })
  t.deepEqual(world.store.objects('rejected/'), [])
})

test('a row that can have no object is rejected, and its neighbours are not', async (t) => {
  const world = await worldWith(...views(3))
  const pipeline = definePipeline('views', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC })
      .through(parse<View>())
      .to(
        s3({
          prefix: 'raw',
          partitionBy: ({ value }) => (value.id === '0-1' ? 'x'.repeat(2_000) : 'fine'),
        }),
      )
    rejected.to(s3({ prefix: 'rejected' }))
  })
  await runToEnd(world, { pipeline })
  t.is(linesOf(world.store, 'raw').length, 2)
  t.regex(
    linesOf(world.store, 'rejected')[0] as string,
    /"operator":"raw","reason":"the partitioner gave no folder: .* it takes \d+/,
  )
  t.deepEqual(problemsOf(world.store), [])
})

test('a name that cannot be made of an event rejects it', async (t) => {
  const world = await worldWith(...views(1))
  const pipeline = definePipeline('views', ({ kafka, s3, rejected }) => {
    const name = ({ topic, firstOffset }: { topic: string; firstOffset: number }) => {
      if (topic === TOPIC) throw new Error('no name for it')
      return String(firstOffset)
    }
    kafka({ topic: TOPIC })
      .through(parse<View>())
      .to(s3({ prefix: 'raw', name }))
    rejected.to(s3({ prefix: 'rejected' }))
  })
  await runToEnd(world, { pipeline })
  t.regex(
    linesOf(world.store, 'rejected')[0] as string,
    /"operator":"raw","reason":"no name for it"/,
  )
})

test('a key that somebody else has taken stops the lane before it commits', async (t) => {
  const world = await worldWith(...views(1))
  const key = 'raw/year=2023/month=12/day=01/hour=09/views+0+0000000000.jsonl'
  await world.store.put(key, Buffer.from('theirs'))
  await t.throwsAsync(runToEnd(world), {
    code: 'config',
    message:
      /^views-0: key taken by another writer \(not written by sluice\): raw\/.* in memory\. Give/,
  })
  t.is(world.store.objects('raw/')[0]?.bytes.toString(), 'theirs')
})

test('records that were deleted before they were read stop the run, and are counted', async (t) => {
  const world = await worldWith(...views(10))
  await runToEnd(world)
  await append(world, views(10))
  world.log.trim(TOPIC, 0, 15)
  await t.throwsAsync(runToEnd(world), {
    code: 'log-range',
    message:
      /^views-0: the next record to read is 10, and the log begins at 15: 5 records were deleted/,
  })
})

test('a log that is shorter than what was read of it is another log', async (t) => {
  const world = await worldWith(...views(10))
  await runToEnd(world)
  const { log } = await worldWith(...views(3))
  await t.throwsAsync(runToEnd({ ...world, log }), {
    code: 'log-range',
    message: /^views-0: the next record to read is 10, and the log ends at 3: .*made anew/,
  })
})

test('a lane that begins where the log has lost its first records begins with what is left', async (t) => {
  const world = await worldWith(...views(10))
  world.log.trim(TOPIC, 0, 4)
  t.is((await runToEnd(world)).records, 6)
})

test('another owner may read on between a look at the log and the claim', async (t) => {
  const world = await newWorld(1, { assignment: everything })
  await append(world, views(10))
  let looks = 0
  const slow: Log = {
    ...world.log,
    ranges: async (topic) => {
      const ranges = await world.log.ranges(topic)
      if (++looks === 1) {
        await append(world, views(5))
        await runPipeline(settings(world))
      }
      return ranges
    },
  }
  await runToEnd(world, { log: slow })
  t.is(linesOf(world.store, 'raw').length, 15)
  t.deepEqual(problemsOf(world.store), [])
})

test('a pipeline whose operators would misread their state is not started', async (t) => {
  const pipeline = (within: number) =>
    definePipeline('views', ({ kafka, s3, rejected }) => {
      kafka({ topic: TOPIC })
        .through(parse<View>())
        .through(eventTime((view) => view.at, { outOfOrder: minutes(1) }))
        .through(dedupe((view) => view.id, { within }))
        .to(s3({ prefix: 'raw', partitionBy: hourly(), format: jsonLines() }))
      rejected.to(s3({ prefix: 'rejected' }))
    })
  const world = await worldWith(...views(3))
  await runToEnd(world, { pipeline: pipeline(hours(1)) })
  await t.throwsAsync(runToEnd(world, { pipeline: pipeline(hours(2)) }), {
    code: 'config',
    message: /^views-0: the pipeline's operators with state have changed since record \d+ of views/,
  })
})

test('a topic that is not there is named', async (t) => {
  const world = await newWorld(1)
  await t.throwsAsync(runToEnd(world, { topics: ['clicks'] }), {
    code: 'config',
    message: 'there is no topic clicks at memory: create it, or name another with --topic',
  })
})

test('state that outgrows its share of the budget stops the run, and names the operator', async (t) => {
  const world = await newWorld(1)
  await append(world, views(3_000))
  await t.throwsAsync(runToEnd(world, { memory: 64 * 1024, commitEvery: 0 }), {
    code: 'memory',
    message: /most of it for dedupe\/kept \(\d+ entries in this lane\): raise --memory/,
  })
})

test('a store that does not answer stops the reading, and memory stays within the budget', async (t) => {
  const world = await newWorld(2, { batchRecords: 100 })
  const filler = 'x'.repeat(1_000)
  await append(
    world,
    Array.from({ length: 20_000 }, (_, n) => ({
      key: null,
      value: JSON.stringify({ ...viewAt(MORNING, `${n}`), filler }),
      partition: n % 2,
    })),
  )
  const memory = 4 * 1024 * 1024
  let read = 0
  const log: Log = {
    ...world.log,
    join: (options) =>
      world.log.join({
        ...options,
        listener: {
          ...options.listener,
          assigned: (partitions, topics) => options.listener.assigned(partitions, topics),
          batch: (batch: Batch) => {
            read += batch.bytes
            options.listener.batch(batch)
          },
        },
      }),
  }
  let isDown = true
  const { promise: repaired, resolve: repair } = Promise.withResolvers<void>()
  const store = faultyStore(world.store, {
    clock: world.clock,
    fault: ({ method }) => (isDown && method === 'store' ? { before: () => repaired } : undefined),
  })
  const run = runPipeline(settings(world, { log, store, memory, pipeline: viewsPipeline() }))
  await world.clock.advance(minutes(10))
  t.true(read > memory / 4 && read < memory * 1.5, `${read} bytes of ${memory}`)
  isDown = false
  repair()
  t.is((await world.clock.run(run)).records, 20_000)
  t.is(linesOf(world.store, 'raw').length, 20_000)
  t.deepEqual(problemsOf(world.store), [])
})

test('a lane that is held up by what others hold in memory is not idle', async (t) => {
  const world = await newWorld(2, { batchRecords: 10 })
  const large = (minute: number, n: number) => ({
    ...recordOf(viewAt(MORNING + minutes(minute), `large-${n}`), 1),
    value: JSON.stringify({
      ...viewAt(MORNING + minutes(minute), `large-${n}`),
      filler: 'x'.repeat(20_000),
    }),
  })
  let isDown = false
  const { promise: repaired, resolve: repair } = Promise.withResolvers<void>()
  const store = faultyStore(world.store, {
    clock: world.clock,
    fault: ({ method, key }) =>
      isDown && method === 'store' && key.includes('/1/bundles/')
        ? { before: () => repaired }
        : undefined,
  })
  const stop = new AbortController()
  const run = runPipeline(
    settings(world, { store, memory: 2 * 1024 * 1024, untilEnd: false, signal: stop.signal }),
  )
  await append(world, [large(0, 0), large(300, 1)])
  await world.clock.advance(seconds(15))
  isDown = true
  await append(
    world,
    Array.from({ length: 150 }, (_, n) => large(300, n + 2)),
  )
  await world.clock.advance(seconds(1))
  await append(world, views(200))
  await world.clock.advance(minutes(5))
  isDown = false
  repair()
  await world.clock.advance(minutes(1))
  t.is(linesOf(world.store, 'rejected').length, 0)
  t.is(linesOf(world.store, 'raw').length, 352)
  stop.abort()
  await world.clock.run(run)
})
