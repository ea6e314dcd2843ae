import test from 'ava'
import { hours, minutes, seconds } from '../../lib/duration.ts'
import type { NewRecord } from '../../lib/ports.ts'
import { verify } from '../../lib/verify/verify.ts'
import { Process } from '../faults/process.ts'
import { problemsOf } from './audit.ts'
import { contentsOf, differences, linesOf } from './contents.ts'
import { expectedOf } from './expected.ts'
import { inputOf } from './input.ts'
import { MORNING, viewAt, viewsPipeline } from './views.ts'
import { newWorld, recordOf, runToEnd, type Settings, type World } from './world.ts'

const at = (minute: number, id: string, partition?: number): NewRecord =>
  recordOf(viewAt(MORNING + minutes(minute), id), partition)

const both = viewsPipeline({ source: { topics: ['web', 'app'] } })
const matching = viewsPipeline({ source: { topics: /^orders\./ } })

async function worldWith(topics: Readonly<Record<string, number>>): Promise<World> {
  const world = await newWorld(1)
  for (const [topic, partitions] of Object.entries(topics))
    await world.log.create(topic, partitions)
  return world
}

async function append({ log }: World, topic: string, ...records: NewRecord[]): Promise<void> {
  const producer = await log.producer(topic)
  await producer.append(records)
  await producer.close()
}

const totals = ({ store }: World): { views: number }[] =>
  linesOf(store, 'totals').map((line) => JSON.parse(line) as { views: number })

/** A process on a world that goes on until it is stopped. */
function started(world: World, other: Settings): { process: Process; stop: () => Promise<void> } {
  const stop = new AbortController()
  const process = new Process(world, { untilEnd: false, signal: stop.signal, ...other })
  return {
    process,
    stop: async () => {
      stop.abort()
      await world.clock.run(process.summary)
    },
  }
}

test('keys meet over the partitions of several topics', async (t) => {
  const world = await worldWith({ web: 2, app: 3 })
  await append(world, 'web', ...inputOf({ seed: 1, records: 150, late: 0 }))
  await append(world, 'app', ...inputOf({ seed: 2, records: 150, late: 0 }))
  const summary = await runToEnd(world, { pipeline: both })
  t.is(summary.records, 300)
  const expected = await expectedOf(world.log, ['web', 'app'])
  t.deepEqual(differences(contentsOf(world.store), expected), [])
  t.deepEqual(problemsOf(world.store), [])
  const report = await verify({ pipeline: 'views', ...world })
  t.deepEqual(report.read, ['app', 'web'])
  t.deepEqual(report.findings, [])
})

test('a topic that is added to the list later keeps the instance and its state', async (t) => {
  const world = await worldWith({ web: 2, app: 2 })
  await append(world, 'web', at(0, 'a', 0), at(0, 'b', 1))
  const one = started(world, { pipeline: viewsPipeline({ source: { topic: 'web' } }) })
  await world.clock.advance(seconds(30))
  await one.stop()
  await append(world, 'app', at(1, 'c', 0), at(1, 'd', 1))
  await runToEnd(world, { pipeline: both })
  t.deepEqual(
    totals(world).map(({ views }) => views),
    [4],
  )
  t.deepEqual(problemsOf(world.store), [])
  t.deepEqual((await verify({ pipeline: 'views', ...world })).findings, [])
})

test('a topic that is not there is named, among others that are', async (t) => {
  const world = await worldWith({ web: 1 })
  await t.throwsAsync(runToEnd(world, { pipeline: both }), {
    code: 'config',
    message: /^there is no topic app at memory: create it/,
  })
})

test('a pattern that matches nothing is an error for a run to the end, else it is waited for', async (t) => {
  const world = await worldWith({})
  await t.throwsAsync(runToEnd(world, { pipeline: matching }), {
    code: 'config',
    message: /^no topic at memory matches \/\^orders/,
  })
  const { process, stop } = started(world, { pipeline: matching })
  await world.clock.advance(seconds(5))
  t.regex(process.notes.join(), /matches .* yet: waiting for one/)
  await world.log.create('orders.eu', 1)
  await append(world, 'orders.eu', at(0, 'a'))
  await world.clock.advance(minutes(1))
  t.is(linesOf(world.store, 'raw').length, 1)
  await stop()
})

/** Something new appears while windows are open: nothing closes early, and it is read within a minute. */
const appearing = (
  what: string,
  topic: string,
  partition: number,
  appear: (world: World) => Promise<void>,
) => {
  for (const members of [1, 2])
    test(`${what} is taken up while windows are open, by ${members} processes`, async (t) => {
      const world = await worldWith({ 'orders.eu': 2 })
      const processes = Array.from({ length: members }, () =>
        started(world, { pipeline: matching }),
      )
      await append(world, 'orders.eu', at(0, 'a', 0), at(0, 'b', 1))
      await world.clock.advance(seconds(15))
      await appear(world)
      await append(world, topic, at(30, 'c', partition))
      await world.clock.advance(minutes(1))
      t.is(linesOf(world.store, 'raw').length, 3)
      await append(world, 'orders.eu', at(130, 'd', 0), at(130, 'e', 1))
      await world.clock.advance(seconds(25))
      t.deepEqual(totals(world), [], 'the new lane has not come as far')
      await append(world, topic, at(130, 'f', partition))
      await world.clock.advance(seconds(30))
      t.deepEqual(
        totals(world).map(({ views }) => views),
        [3],
      )
      for (const { stop } of processes) await stop()
      await append(world, topic, at(131, 'g', partition))
      await runToEnd(world, { pipeline: matching })
      t.deepEqual(
        totals(world).map(({ views }) => views),
        [3, 4],
      )
      t.is(linesOf(world.store, 'rejected').length, 0)
      t.deepEqual(problemsOf(world.store), [])
      t.deepEqual((await verify({ pipeline: 'views', ...world })).findings, [])
    })
}

appearing('a topic that matches the pattern', 'orders.us', 0, ({ log }) =>
  log.create('orders.us', 1),
)
appearing('a partition', 'orders.eu', 2, async ({ log }) => log.addPartitions('orders.eu', 1))

test('a new lane has no say in windows that are closed', async (t) => {
  const world = await worldWith({ 'orders.eu': 1 })
  const { stop } = started(world, { pipeline: matching })
  await append(world, 'orders.eu', at(0, 'a'), at(130, 'b'))
  await world.clock.advance(seconds(30))
  t.is(totals(world).length, 1)
  await world.log.create('orders.us', 1)
  await append(world, 'orders.us', at(5, 'late'), at(131, 'c'))
  await world.clock.advance(minutes(1))
  await stop()
  t.regex(linesOf(world.store, 'rejected')[0] ?? '', /"topic":"orders.us","partition":0,"offset":0/)
  await runToEnd(world, { pipeline: matching })
  t.deepEqual(
    totals(world).map(({ views }) => views),
    [1, 2],
  )
  t.deepEqual(problemsOf(world.store), [])
})

test('a topic that is deleted stops the run, and the next goes on without it', async (t) => {
  const world = await worldWith({ 'orders.eu': 1, 'orders.us': 1 })
  const { process } = started(world, { pipeline: matching })
  await append(world, 'orders.eu', at(0, 'a'))
  await append(world, 'orders.us', at(0, 'b'))
  await world.clock.advance(seconds(25))
  world.log.remove('orders.us')
  const error = await t.throwsAsync(world.clock.run(process.summary))
  t.regex(error!.message, /^the topic orders.us was deleted from memory while it was read/)
  await append(world, 'orders.eu', at(130, 'c'))
  const { stop } = started(world, { pipeline: matching })
  await world.clock.advance(minutes(1))
  t.deepEqual(
    totals(world).map(({ views }) => views),
    [2],
    'nothing waits for what is gone',
  )
  await stop()
  t.deepEqual(problemsOf(world.store), [])

  await world.log.create('orders.us', 1)
  await t.throwsAsync(runToEnd(world, { pipeline: matching }), {
    code: 'log-range',
    message: /^orders.us-0: this is not the topic that was read up to record/,
  })
})

test('a topic that was taken out of the list does not come back into the same instance', async (t) => {
  const world = await worldWith({ web: 1, app: 1 })
  await append(world, 'web', at(0, 'a'))
  await append(world, 'app', at(0, 'b'))
  await runToEnd(world, { pipeline: both })
  await append(world, 'web', at(1, 'c'))
  await runToEnd(world, { pipeline: viewsPipeline({ source: { topics: ['web'] } }) })
  await t.throwsAsync(runToEnd(world, { pipeline: both }), {
    code: 'config',
    message: /^app-0 was deleted or taken out of the pipeline/,
  })
})

test('a run on other topics than the pipeline says is an instance of its own', async (t) => {
  const world = await worldWith({ web: 1, app: 1, test: 1 })
  await append(world, 'test', at(0, 'a'))
  await append(world, 'web', at(0, 'b'))
  await runToEnd(world, { pipeline: both, topics: ['test'] })
  await runToEnd(world, { pipeline: both, topics: ['app', 'web'] })
  t.is((await verify({ pipeline: 'views', ...world })).pipeline, 'views')
  t.is((await verify({ pipeline: 'views', topics: ['test'], ...world })).pipeline, 'views@test')
  t.deepEqual(
    totals(world).map(({ views }) => views),
    [1, 1],
  )
  await world.clock.advance(hours(1))
})
