import test from 'ava'
import { hours, minutes, seconds } from '../../lib/duration.ts'
import { problemsOf } from './audit.ts'
import { contentsOf, differences, linesOf } from './contents.ts'
import { expectedOf } from './expected.ts'
import { inputOf } from './input.ts'
import { append, newWorld, recordOf, runToEnd, settings } from './world.ts'
import { MORNING, type View, viewsPipeline } from './views.ts'
import { runPipeline } from '../../lib/run/run.ts'

let ids = 0
const viewAt = (time: number, page = 'page_0'): View => ({
  id: `id-${++ids}`,
  at: time,
  user: 'user',
  page,
  country: null,
  seconds: 1,
})

test('a run to the end that is repeated finds nothing new and changes nothing', async (t) => {
  const world = await newWorld(4)
  await append(world, inputOf({ seed: 1, records: 300 }))
  await runToEnd(world)
  const before = contentsOf(world.store)
  const summary = await runToEnd(world)
  t.is(summary.records, 0)
  t.deepEqual(contentsOf(world.store), before)
  t.deepEqual(problemsOf(world.store), [])
})

test('a later run adds what came since, and rejects what belongs to windows that the earlier one has closed', async (t) => {
  const world = await newWorld(2)
  await append(world, [
    recordOf(viewAt(MORNING + minutes(10)), 0),
    recordOf(viewAt(MORNING + minutes(20)), 1),
  ])
  await runToEnd(world)
  t.is(linesOf(world.store, 'totals').length, 1)

  const closed = recordOf(viewAt(MORNING + minutes(30)), 1)
  await append(world, [closed, recordOf(viewAt(MORNING + hours(1)), 0)])
  const summary = await runToEnd(world)
  t.is(summary.records, 2)
  t.deepEqual(summary.rejected, { 'window closed by an earlier run': 1 })
  const rejected = JSON.parse(linesOf(world.store, 'rejected')[0] as string) as object
  t.like(rejected, { operator: 'window', partition: 1, offset: 1, pipeline: 'views' })
  t.is(linesOf(world.store, 'raw').length, 4)
  t.is(linesOf(world.store, 'totals').length, 2)
  t.deepEqual(problemsOf(world.store), [])
})

test('a run to the end after one without end, after one that was cut short, reads what is new', async (t) => {
  const world = await newWorld(2)
  await append(world, inputOf({ seed: 3, records: 200 }))
  const cut = new AbortController()
  const first = runPipeline(
    settings(world, { signal: cut.signal, events: { committed: () => cut.abort() } }),
  )
  await world.clock.run(first)
  const stop = new AbortController()
  const endless = runPipeline(settings(world, { untilEnd: false, signal: stop.signal }))
  void world.clock.sleep(minutes(2)).then(() => stop.abort())
  await world.clock.run(endless)
  await append(world, inputOf({ seed: 4, records: 100 }))
  const last = await runToEnd(world)
  t.is(last.records, 100)
  t.is((await runToEnd(world)).records, 0)
  t.deepEqual(problemsOf(world.store), [])
})

test('what is in flight when a run to the end begins is read, and what comes later is left for the next', async (t) => {
  const world = await newWorld(1)
  await append(world, [recordOf(viewAt(MORNING))])
  const run = runPipeline(
    settings(world, {
      events: {
        committed: ({ lane }) => {
          if (lane.stage === 1) void append(world, [recordOf(viewAt(MORNING))])
        },
        started: () => void append(world, [recordOf(viewAt(MORNING))]),
      },
    }),
  )
  const summary = await world.clock.run(run)
  t.is(summary.records, 2)
  t.is((await runToEnd(world)).records, 1)
})

test('a topic without a record ends at once', async (t) => {
  const world = await newWorld(3)
  const summary = await runToEnd(world)
  t.is(summary.records, 0)
  t.deepEqual(world.store.objects('raw/'), [])
})

test('offsets without records are passed, and a run to the end ends behind them', async (t) => {
  const world = await newWorld(2)
  await append(world, inputOf({ seed: 2, records: 40 }))
  world.log.skip('views', 0, 7)
  await append(world, inputOf({ seed: 3, records: 40, start: '2023-12-01T01:00:00Z' }))
  world.log.skip('views', 1, 120)
  await runToEnd(world)
  t.deepEqual(differences(contentsOf(world.store), await expectedOf(world.log)), [])
  t.deepEqual(problemsOf(world.store), [])
})

test('a lane without input takes over the time of the others, so that windows close', async (t) => {
  const world = await newWorld(3)
  const stop = new AbortController()
  const run = runPipeline(settings(world, { untilEnd: false, signal: stop.signal }))
  await append(world, [
    recordOf(viewAt(MORNING), 0),
    recordOf(viewAt(MORNING + hours(2)), 0),
    recordOf(viewAt(MORNING), 1),
    recordOf(viewAt(MORNING + hours(2)), 1),
  ])
  await world.clock.advance(seconds(25))
  t.is(linesOf(world.store, 'totals').length, 0)
  await world.clock.advance(minutes(2))
  const [total] = linesOf(world.store, 'totals')
  t.like(JSON.parse(total as string) as object, { views: 2 })
  stop.abort()
  await world.clock.run(run)
})

test('when nobody has input, time goes on as on the wall, and every window closes in the end', async (t) => {
  const world = await newWorld(2)
  const stop = new AbortController()
  const run = runPipeline(settings(world, { untilEnd: false, signal: stop.signal }))
  await append(world, [recordOf(viewAt(MORNING + minutes(30)), 0)])
  await world.clock.advance(minutes(28))
  t.is(linesOf(world.store, 'totals').length, 0)
  await world.clock.advance(minutes(8))
  t.is(linesOf(world.store, 'totals').length, 1)
  await append(world, [recordOf(viewAt(MORNING + minutes(59)), 1)])
  await world.clock.advance(minutes(1))
  t.regex(linesOf(world.store, 'rejected')[0] as string, /"operator":"window","reason":"late"/)
  stop.abort()
  await world.clock.run(run)
})

test('a run that is told to stop commits and publishes what it has read', async (t) => {
  const world = await newWorld(2)
  const stop = new AbortController()
  const run = runPipeline(
    settings(world, { untilEnd: false, signal: stop.signal, commitEvery: hours(1) }),
  )
  await append(world, inputOf({ seed: 5, records: 200 }))
  await world.clock.settle()
  t.deepEqual(linesOf(world.store, 'raw'), [])
  stop.abort()
  const summary = await world.clock.run(run)
  t.is(summary.records, 200)
  const expected = await expectedOf(world.log)
  t.deepEqual(contentsOf(world.store).raw, expected.raw)
  t.deepEqual(problemsOf(world.store), [])
  await runToEnd(world)
  t.deepEqual(differences(contentsOf(world.store), expected), [])
})

test('an epoch ends when it has lasted for as long as it may', async (t) => {
  const world = await newWorld(1)
  const stop = new AbortController()
  const commits: number[] = []
  const start = world.clock.now()
  const run = runPipeline(
    settings(world, {
      untilEnd: false,
      signal: stop.signal,
      commitEvery: seconds(10),
      events: {
        committed: ({ kind, records }) => {
          if (kind === 'commit' && records > 0) commits.push(world.clock.now() - start)
        },
      },
    }),
  )
  for (let second = 0; second < 30; second += 4) {
    await append(world, [recordOf(viewAt(MORNING))])
    await world.clock.advance(seconds(4))
  }
  t.deepEqual(commits, [seconds(10), seconds(22)])
  stop.abort()
  await world.clock.run(run)
})

test('every record has one fate on the way to every sink, and rejects their reasons', async (t) => {
  const world = await newWorld(1)
  const view = viewAt(MORNING + hours(3))
  await append(world, [
    recordOf(view),
    recordOf(view),
    recordOf(viewAt(MORNING)),
    recordOf(viewAt(MORNING + hours(2) - 1)),
    { key: 'x', value: '{' },
  ])
  const fates: unknown[] = []
  const summary = await runToEnd(world, {
    events: { committed: (record) => record.lane.stage === 1 && fates.push(record.fates) },
  })
  t.deepEqual(fates, [
    {
      raw: { kept: 4, dropped: {}, rejected: { parse: 1 } },
      reduce: {
        kept: 1,
        dropped: { dedupe: 1 },
        rejected: { parse: 1, dedupe: 1, window: 1 },
      },
    },
  ])
  t.deepEqual(summary.rejected, { 'malformed JSON': 1, late: 2 })
  t.deepEqual(summary.dropped, { dedupe: 1 })
})

test('what no record needs any more is deleted while a run goes on', async (t) => {
  const world = await newWorld(2)
  const stop = new AbortController()
  const pipeline = viewsPipeline({ rotate: { records: 50 } })
  const run = runPipeline(settings(world, { pipeline, untilEnd: false, signal: stop.signal }))
  for (let minute = 0; minute < 20; minute++) {
    await append(
      world,
      [0, 1].map((partition) => recordOf(viewAt(MORNING), partition)),
    )
    await world.clock.advance(minutes(1))
  }
  const bundles = world.store.objects('_sluice/').filter(({ key }) => key.includes('/bundles/'))
  const commits = world.store.objects('_sluice/').filter(({ key }) => key.includes('/commits/'))
  t.true(commits.length > 80, `${commits.length}`)
  t.true(bundles.length < commits.length * 0.6, `${bundles.length}`)
  stop.abort()
  await world.clock.run(run)
  await runToEnd(world, { pipeline })
  t.is(linesOf(world.store, 'raw').length, 40)
  t.deepEqual(problemsOf(world.store), [])
})
