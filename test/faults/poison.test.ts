import test from 'ava'
import type { CommitRecord } from '../../lib/commit/record.ts'
import { hours, seconds } from '../../lib/duration.ts'
import { definePipeline } from '../../lib/index.ts'
import type { Pipeline, Rejected } from '../../lib/pipeline.ts'
import { Outcome } from '../../lib/testing/outcome.ts'
import { map, parse } from '../../operators/index.ts'
import { chainsOf, problemsOf } from '../pipelines/audit.ts'
import { linesOf } from '../pipelines/contents.ts'
import { randomFrom } from '../pipelines/input.ts'
import { TOPIC } from '../pipelines/views.ts'
import { append, newWorld, runToEnd, type World } from '../pipelines/world.ts'
import { everything, type ProcessCall } from '../../lib/testing.ts'
import { type Fate, Process } from './process.ts'

interface Numbered {
  readonly n: number
}

/** Kills whoever decodes one of these. */
const deadly = (poison: readonly number[], die: () => void): Pipeline =>
  definePipeline('views', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC, maxPollRecords: 10 })
      .through(parse<Numbered>())
      .through(
        map((event) => {
          if (poison.includes(event.n)) die()
          return event
        }),
      )
      .to(s3({ prefix: 'raw' }))
    rejected.to(s3({ prefix: 'rejected' }))
  })

async function worldOf(records: number, partitions: number): Promise<World> {
  const world = await newWorld(partitions)
  await append(
    world,
    Array.from({ length: records }, (_, n) => ({
      key: null,
      value: JSON.stringify({ n }),
      partition: n % partitions,
    })),
  )
  return world
}

/** Run to the end, again after each death; how many there were. */
async function deathsIn(
  world: World,
  poison: readonly number[],
  most: number,
  fate?: (call: ProcessCall) => Fate,
): Promise<number> {
  for (let deaths = 0; deaths <= most; deaths++) {
    const die = (): never => {
      process.kill()
      throw new Error('dead')
    }
    const process: Process = new Process(world, { pipeline: deadly(poison, die) }, fate)
    if ((await process.over()) === 'ended') return deaths
  }
  return Infinity
}

const numbersIn = (world: World): number[] =>
  linesOf(world.store, 'raw')
    .map((line) => (JSON.parse(line) as Numbered).n)
    .toSorted((a, b) => a - b)

const rejectedIn = (world: World): Rejected[] =>
  linesOf(world.store, 'rejected').map((line) => JSON.parse(line) as Rejected)

const chainOf = (world: World): CommitRecord[] =>
  [...chainsOf(world.store).values()].flat().map(({ record }) => record)

const others = (records: number, poison: readonly number[]): number[] =>
  Array.from({ length: records }, (_, n) => n).filter((n) => !poison.includes(n))

for (const poison of [[0], [500], [999], [17, 18], [100, 101, 903]])
  test(`of 1,000 records ${poison.join(' and ')} kill the process: they are set aside as they are, and no other is`, async (t) => {
    const world = await worldOf(1_000, 2)
    t.true((await deathsIn(world, poison, 20 * poison.length)) <= 10 * poison.length)
    t.deepEqual(numbersIn(world), others(1_000, poison))
    const rejected = rejectedIn(world)
    const found = rejected.map(({ text }) => (JSON.parse(text ?? '') as Numbered).n)
    t.deepEqual(
      found.toSorted((a, b) => a - b),
      poison,
    )
    for (const { operator, reason, partition, offset, text } of rejected) {
      t.is(operator, 'source')
      t.regex(reason, /^poison: /)
      t.is((JSON.parse(text ?? '') as Numbered).n, offset * 2 + partition)
    }
    t.deepEqual(problemsOf(world.store), [])
    const outcome = new Outcome(
      deadly(poison, () => t.fail('it was decoded')),
      world.log,
      world.store,
      world.clock,
    )
    await t.notThrowsAsync(outcome.expectNoLoss())
    await t.notThrowsAsync(outcome.expectSameAgain())
  })

test('a record is not convicted of what one of another lane has done, however long its own commit takes', async (t) => {
  const world = await worldOf(200, 2)
  const slow = ({ key }: ProcessCall): Fate => {
    if (key.includes('/views/0/commits/')) return { before: 200 }
    return key.includes('/views/1/bundles/') ? { before: seconds(1) } : undefined
  }
  t.true((await deathsIn(world, [0], 20, slow)) <= 10)
  t.deepEqual(
    rejectedIn(world).map(({ text }) => text),
    ['{"n":0}'],
  )
  t.deepEqual(numbersIn(world), others(200, [0]))
})

test('whoever has no place for rejected events is told which record it is', async (t) => {
  const world = await worldOf(10, 1)
  const pipelineOf = (die: () => void) =>
    definePipeline('views', ({ kafka, s3 }) => {
      kafka({ topic: TOPIC })
        .through(
          map((bytes) => {
            if (bytes?.toString() === '{"n":4}') die()
            return bytes
          }),
        )
        .to(s3({ prefix: 'raw' }))
    })
  for (let deaths = 0; deaths < 20; deaths++) {
    const process: Process = new Process(world, {
      pipeline: pipelineOf(() => {
        process.kill()
        throw new Error('dead')
      }),
    })
    const end = await process.over().catch((error: Error) => error)
    if (end === 'killed') continue
    t.regex(String(end), /source rejected views-0@4 .*: poison: /)
    return
  }
  t.fail('nobody was told')
})

test('a process that dies before it has read anything accuses nobody', async (t) => {
  const world = await worldOf(200, 2)
  for (let deaths = 0; deaths < 40; deaths++) {
    const process = new Process(world, { pipeline: deadly([], () => undefined) }, ({ key }) =>
      key.includes('/commits/') && process.calls > 20
        ? 'killed after it is carried out'
        : undefined,
    )
    await process.over()
  }
  await runToEnd(world, { pipeline: deadly([], () => undefined) })
  t.deepEqual(rejectedIn(world), [])
  t.deepEqual(numbersIn(world), others(200, []))
})

test('lanes that are claimed again and again by a process that lives accuse nobody', async (t) => {
  const world = await worldOf(100, 1)
  const process = new Process(world, { pipeline: deadly([], () => undefined) }, ({ key }) =>
    key.includes('/bundles/') ? { before: new Error('a bug') } : undefined,
  )
  await process.over().catch(() => undefined)
  await runToEnd(world, { pipeline: deadly([], () => undefined) })
  const records = chainOf(world)
  t.true(records.filter(({ kind }) => kind === 'claim').length > 5)
  t.true(records.every(({ suspects }) => suspects === undefined))
})

test('where records of several partitions kill, all but the first death tell of a step towards them', async (t) => {
  const world = await worldOf(40, 4)
  const poison = [20, 21, 22, 23]
  let deaths = 0
  let inVain = 0
  for (; deaths < 100; deaths++) {
    let hasWorked = false
    const work = (): void => {
      hasWorked = true
    }
    const die = (): never => {
      process.kill()
      throw new Error('dead')
    }
    const process: Process = new Process(world, {
      pipeline: deadly(poison, die),
      events: { committed: work, stalled: work, trying: work },
    })
    if ((await process.over()) === 'ended') break
    if (!hasWorked) inVain++
  }
  t.true(deaths > 12 && deaths < 100, `${deaths} deaths`)
  t.true(inVain <= 1, `${inVain} in vain`)
  t.deepEqual(numbersIn(world), others(40, poison))
})

test('rivals that sleep while they try a record, and wake, do not convict it', async (t) => {
  const world = await newWorld(1, { assignment: everything })
  await append(world, [{ key: null, value: '{"n":0}' }])
  const settings = { pipeline: deadly([], () => undefined) }
  for (let deaths = 0; deaths < 3; deaths++)
    await new Process(world, settings, ({ key }) =>
      key.includes('/bundles/') ? 'killed before it is carried out' : undefined,
    ).over()
  const sleepers: Process[] = []
  for (let asleep = 0; asleep < 3; asleep++) {
    let isFirst = true
    const sleeper = new Process(world, settings, ({ key }) => {
      if (!isFirst || !key.includes('/bundles/')) return undefined
      isFirst = false
      return 'stopped before it is carried out'
    })
    t.is(await sleeper.over(), 'stopped')
    sleepers.push(sleeper)
  }
  const last = new Process(world, settings)
  await world.clock.advance(seconds(5))
  const suspects = chainOf(world).at(-1)?.suspects
  t.is(suspects?.dead?.length, 3)
  for (const sleeper of sleepers) sleeper.continue()
  await world.clock.run(Promise.all([last, ...sleepers].map((process) => process.over())))
  t.deepEqual(rejectedIn(world), [])
  t.deepEqual(numbersIn(world), [0])
})

test('of what is read with care more is fetched while there is room', async (t) => {
  const world = await newWorld(1, { batchRecords: 2 })
  const value = (n: number): string => JSON.stringify({ n, filler: '-'.repeat(20_000) })
  await append(
    world,
    Array.from({ length: 160 }, (_, n) => ({ key: null, value: value(n) })),
  )
  const settings = { pipeline: deadly([], () => undefined), memory: 130_000 }
  for (let deaths = 0; deaths < 3; deaths++)
    await new Process(world, settings, ({ key }) =>
      key.includes('/bundles/') ? 'killed before it is carried out' : undefined,
    ).over()
  await runToEnd(world, settings)
  const records = chainOf(world)
  const trials = records.filter(({ kind }) => kind === 'trial').length
  t.true(trials > 10 && trials <= 40, `${trials} trials`)
  t.deepEqual(numbersIn(world), others(160, []))
})

for (const seed of [1, 2])
  test(`hundreds of random kills convict no record (${seed})`, async (t) => {
    const random = randomFrom(seed)
    const world = await worldOf(2_000, 3)
    const pipeline = deadly([], () => undefined)
    let kills = 0
    let trials = 0
    while (kills < 200) {
      const fatal = 1 + Math.floor(random() * 90)
      const moment = random() < 0.5 ? 'before it is carried out' : 'after it is carried out'
      const process = new Process(
        world,
        { pipeline, untilEnd: false, commitEvery: seconds(10) },
        ({ number }) =>
          number === fatal ? (`killed ${moment}` as const) : { before: 5, after: 5 },
      )
      await world.clock.advance(seconds(20 * random()))
      process.kill()
      trials += process.notes.filter((note) => note.includes('with care')).length
      kills++
      await append(world, [{ key: null, value: JSON.stringify({ n: 1_999 + kills }) }])
    }
    await world.clock.run(new Process(world, { pipeline }).summary, hours(2))
    t.true(trials > 0)
    t.deepEqual(rejectedIn(world), [])
    t.deepEqual(numbersIn(world), others(2_200, []))
    t.deepEqual(problemsOf(world.store), [])
  })
