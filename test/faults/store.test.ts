import test from 'ava'
import { hours, minutes } from '../../lib/duration.ts'
import { byField, byKafkaPartition, definePipeline, nested } from '../../lib/index.ts'
import type { Fault, MemoryStore } from '../../lib/testing.ts'
import { parse } from '../../operators/index.ts'
import { problemsOf } from '../pipelines/audit.ts'
import { randomFrom } from '../pipelines/input.ts'
import { TOPIC } from '../pipelines/views.ts'
import { append, newWorld, runToEnd } from '../pipelines/world.ts'
import { Process } from './process.ts'
import { manyEpochs, worldOf, wrongIn } from './scene.ts'

const faults: readonly [string, Fault, number][] = [
  ['that fails', { before: 'fail' }, 1],
  ['whose answer is lost', { after: 'fail' }, 1],
  ['that takes a minute', { before: minutes(1) }, 3],
  ['whose answer takes a minute', { after: minutes(1) }, 3],
]

for (const [title, fault, step] of faults)
  test.serial(`any request ${title} costs time and nothing else`, async (t) => {
    const undisturbed = new Process(await worldOf(), manyEpochs)
    await undisturbed.over()
    for (let wrong = 1; wrong <= undisturbed.calls; wrong += step) {
      const world = await worldOf()
      const process = new Process(world, manyEpochs, ({ number }) =>
        number === wrong ? fault : undefined,
      )
      t.is(await process.over(), 'ended')
      t.deepEqual(await wrongIn(world), [], `request ${wrong}`)
    }
  })

test.serial('a store at which most requests fail or lose their answers is worn down', async (t) => {
  for (const seed of [1, 2, 3]) {
    const world = await worldOf({ partitions: 4, records: 200 })
    const random = randomFrom(seed)
    const process = new Process(world, manyEpochs, () => {
      const chance = random()
      return chance < 0.4 ? { before: 'fail' } : chance < 0.7 ? { after: 'fail' } : undefined
    })
    t.is(await process.over(), 'ended')
    t.deepEqual(await wrongIn(world), [], `seed ${seed}`)
    t.true((await process.summary).retries > 50)
  }
})

test.serial('a store that answers slowly holds nothing back for ever', async (t) => {
  const world = await worldOf({ partitions: 4, records: 400 })
  const process = new Process(world, {}, () => ({ after: 1_500 }))
  t.is(await process.over(), 'ended')
  t.deepEqual(await wrongIn(world), [])
})

/** Folders by partition, with many objects in each. */
const byPartition = definePipeline('by-partition', ({ kafka, s3 }) => {
  kafka({ topic: TOPIC })
    .through(parse<{ n: number }>())
    .to(s3({ prefix: 'raw', partitionBy: nested(byKafkaPartition(), byField('n')) }))
})

test.serial(
  'a prefix that is slow holds up the lane that writes there, and no other',
  async (t) => {
    const OBJECTS = 200
    const world = await newWorld(2)
    const records = Array.from({ length: 2 * OBJECTS }, (_, n) => ({
      key: null,
      value: JSON.stringify({ n }),
      partition: n % 2,
    }))
    await append(world, records)
    const put: MemoryStore['put'] = async (key, ...rest) => {
      if (key.includes('partition=0')) await world.clock.sleep(hours(1))
      return world.store.put(key, ...rest)
    }
    const began = world.clock.now()
    const over = [0, 0]
    await runToEnd(world, {
      pipeline: byPartition,
      store: { ...world.store, put },
      commitEvery: 0,
      events: { published: ({ lane }) => void (over[lane.partition] = world.clock.now() - began) },
    })
    t.is(world.store.objects('raw/').length, 2 * OBJECTS)
    t.deepEqual(problemsOf(world.store), [])
    t.true(over[0]! >= hours(1))
    t.true(over[1]! < minutes(1), `${over[1]} ms`)
  },
)

test.serial('a run after all was written adds nothing', async (t) => {
  const world = await worldOf()
  await runToEnd(world, manyEpochs)
  const before = world.store.objects().filter(({ key }) => !key.startsWith('_sluice/'))
  const summary = await runToEnd(world, manyEpochs)
  t.is(summary.records, 0)
  t.deepEqual(
    world.store.objects().filter(({ key }) => !key.startsWith('_sluice/')),
    before,
  )
})
