import test, { type ExecutionContext } from 'ava'
import { hours, minutes, seconds } from '../../lib/duration.ts'
import type { ProcessCall } from '../../lib/testing.ts'
import { chainsOf } from '../pipelines/audit.ts'
import { linesOf } from '../pipelines/contents.ts'
import { inputOf } from '../pipelines/input.ts'
import { TOPIC } from '../pipelines/views.ts'
import { append, newWorld, recordOf, runToEnd, type World } from '../pipelines/world.ts'
import { Process } from './process.ts'
import { manyEpochs, worldOf, wrongIn } from './scene.ts'

/** Requests take their time, so that a rebalance finds lanes in the middle of everything. */
const slow = { after: 20 }

/** Whether it is to write a record of partition 1's chain. */
const writesChain = ({ method, key }: ProcessCall): boolean =>
  method === 'put' && key.includes('/views/1/commits/')

test.serial('a process that joins at any moment takes its share, and both end', async (t) => {
  for (let moment = 1; moment < 250; moment += 6) {
    const world = await worldOf({ partitions: 4, records: 120 })
    const come = Promise.withResolvers<Process>()
    const first = new Process(world, manyEpochs, ({ number }) => {
      if (number === moment) come.resolve(new Process(world, manyEpochs, () => slow))
      return slow
    })
    const second = come.promise.then(({ summary }) => summary)
    await world.clock.run(Promise.all([first.summary, second]))
    t.deepEqual(await wrongIn(world), [], `the second one came at request ${moment}`)
  }
})

test.serial(
  'a process that is told to stop at any moment leaves its lanes to the others',
  async (t) => {
    for (let moment = 45; moment < 250; moment += 6) {
      const world = await worldOf({ partitions: 4, records: 120 })
      const stop = new AbortController()
      const leaving = new Process(world, { ...manyEpochs, signal: stop.signal }, ({ number }) => {
        if (number === moment) stop.abort()
        return slow
      })
      const staying = new Process(world, manyEpochs, () => slow)
      await world.clock.run(Promise.all([leaving.summary, staying.summary]))
      await runToEnd(world)
      t.deepEqual(await wrongIn(world), [], `told to stop at request ${moment}`)
    }
  },
)

test.serial('processes that are told to stop at the same moment all stop', async (t) => {
  for (let moment = 70; moment < 200; moment += 10) {
    const world = await worldOf({ partitions: 4, records: 120 })
    const stop = new AbortController()
    const settings = { ...manyEpochs, signal: stop.signal, untilEnd: false }
    const first = new Process(world, settings, ({ number }) => {
      if (number === moment) stop.abort()
      return slow
    })
    const second = new Process(world, settings, () => slow)
    await world.clock.run(Promise.all([first.summary, second.summary]))
    await runToEnd(world)
    t.deepEqual(await wrongIn(world), [], `told to stop at request ${moment}`)
  }
})

test.serial('a process that is killed at any moment leaves its lanes to the others', async (t) => {
  for (let moment = 1; moment < 250; moment += 6) {
    const world = await worldOf({ partitions: 4, records: 120 })
    const dying = new Process(world, manyEpochs, ({ number }) =>
      number === moment ? 'killed after it is carried out' : slow,
    )
    const staying = new Process(world, manyEpochs, () => slow)
    await dying.over()
    t.is(await staying.over(), 'ended')
    await runToEnd(world)
    t.deepEqual(await wrongIn(world), [], `killed at request ${moment}`)
  }
})

test.serial(
  'a process that joins while lanes are read with care takes its share, and both end',
  async (t) => {
    for (let moment = 40; moment < 160; moment += 10) {
      const world = await worldOf({ partitions: 4, records: 120 })
      for (let deaths = 0; deaths < 4; deaths++)
        await new Process(world, manyEpochs, ({ key }) =>
          key.includes('/bundles/') ? 'killed before it is carried out' : undefined,
        ).over()
      // longer than a lane that moves has for its last epoch
      const slower = { after: 1_000 }
      const come = Promise.withResolvers<Process>()
      const first = new Process(world, manyEpochs, ({ number }) => {
        if (number === moment) come.resolve(new Process(world, manyEpochs, () => slower))
        return slower
      })
      const second = come.promise.then(({ summary }) => summary)
      await world.clock.run(Promise.all([first.summary, second]), hours(1))
      t.true(first.notes.some((note) => note.includes('with care')))
      t.deepEqual(await wrongIn(world), [], `the second one came at request ${moment}`)
    }
  },
)

test.serial(
  'a commit that an old instance of a lane has under way, when the lane is back in its process, is fenced by the chain',
  async (t) => {
    const world = await worldOf({ records: 120 })
    const claimed = Promise.withResolvers<void>()
    let records = 0
    const process = new Process(world, manyEpochs, (call) => {
      if (!writesChain(call)) return undefined
      records++
      if (records === 4) {
        new Process(world, manyEpochs, (other) =>
          writesChain(other) ? 'killed after it is carried out' : undefined,
        )
        return { before: () => claimed.promise }
      }
      return records === 5 ? { after: async () => claimed.resolve() } : undefined
    })
    t.is(await process.over(), 'ended')
    t.true(records > 5)
    t.deepEqual(await wrongIn(world), [])
    const [, chain = []] = [...chainsOf(world.store)].find(([lane]) => lane.endsWith('/1')) ?? []
    t.is(chain.filter(({ record }) => record.kind === 'claim').length, 3)
  },
)

test.serial(
  'an old instance of a lane that ends when the lane is back in its process leaves it reading',
  async (t) => {
    const world = await worldOf({ records: 120 })
    const stop = new AbortController()
    const oldEnds = Promise.withResolvers<void>()
    let records = 0
    const settings = { ...manyEpochs, untilEnd: false, signal: stop.signal }
    const process = new Process(world, settings, (call) => {
      if (!writesChain(call)) return undefined
      records++
      if (records !== 4) return undefined
      new Process(world, manyEpochs, (other) =>
        writesChain(other) ? 'killed after it is carried out' : undefined,
      )
      return { before: () => oldEnds.promise }
    })
    await world.clock.advance(seconds(1))
    t.true(records > 5)
    oldEnds.resolve()
    await world.clock.advance(seconds(1))
    await append(world, inputOf({ seed: 4, records: 120, start: '2023-12-02T00:00:00Z' }))
    await world.clock.advance(seconds(10))
    const read = [...chainsOf(world.store).values()].map((chain) => chain.at(-1)!.record)
    for (const { partition, high } of (await world.log.ranges(TOPIC)) ?? [])
      t.is(read.find(({ lane }) => lane.stage === 1 && lane.partition === partition)?.to, high)
    stop.abort()
    t.is(await process.over(), 'ended')
    await runToEnd(world)
    t.deepEqual(await wrongIn(world), [])
  },
)

/** Forty records of one hour over four partitions, of ten pages. */
async function appendHour(world: World, hour: number): Promise<void> {
  const start = Date.parse('2023-12-01T00:00:00Z') + hours(hour)
  const records = Array.from({ length: 40 }, (_, i) => ({
    ...recordOf({
      id: `${hour}-${i}`,
      at: start + minutes(i),
      user: 'u',
      page: `page_${i % 10}`,
      country: null,
      seconds: 1,
    }),
    partition: i % 4,
  }))
  await append(world, records)
}

/** Hour after hour, each of which closes the one before it. */
async function goOn(t: ExecutionContext, world: World, from: number, to: number): Promise<void> {
  for (let hour = from; hour <= to; hour++) {
    await appendHour(world, hour)
    await world.clock.advance(minutes(2))
    t.is(linesOf(world.store, 'totals').length, hour * 10)
  }
}

const endless = { untilEnd: false }

test.serial(
  'what a lane reads in another process reaches the merging lanes of this one',
  async (t) => {
    const world = await newWorld(4)
    const first = new Process(world, endless)
    await appendHour(world, 0)
    await world.clock.advance(minutes(1))
    const second = new Process(world, endless)
    await world.clock.advance(minutes(1))
    await goOn(t, world, 1, 3)
    for (const [lane, records] of chainsOf(world.store)) {
      const claims = records.filter(({ record }) => record.kind === 'claim').length
      t.is(claims, /\/[13](\/merge)?$/.test(lane) ? 2 : 1, lane)
    }
    first.kill()
    second.kill()
  },
)

test.serial(
  'so does what it reads where its last commit here was answered when it had moved',
  async (t) => {
    const world = await newWorld(4)
    const begun = Promise.withResolvers<void>()
    let isSlow = false
    const first = new Process(world, endless, (call) => {
      if (!isSlow || !writesChain(call)) return undefined
      begun.resolve()
      return { after: seconds(10) }
    })
    await appendHour(world, 0)
    await world.clock.advance(minutes(1))
    isSlow = true
    await appendHour(world, 1)
    await world.clock.run(begun.promise)
    const second = new Process(world, endless)
    await world.clock.advance(minutes(1))
    isSlow = false
    await goOn(t, world, 2, 4)
    first.kill()
    second.kill()
  },
)
