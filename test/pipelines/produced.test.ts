import test from 'ava'
import { minutes, seconds } from '../../lib/duration.ts'
import { SluiceError } from '../../lib/errors.ts'
import { definePipeline } from '../../lib/index.ts'
import { parse } from '../../operators/index.ts'
import { Process } from '../faults/process.ts'
import { problemsOf } from './audit.ts'
import { differences } from './contents.ts'
import { expectedOf } from './expected.ts'
import { inputOf } from './input.ts'
import {
  COPIES,
  LETTERS,
  outOfOrderIn,
  PRODUCED,
  producedIn,
  producingPipeline,
  TOTALS,
} from './produced.ts'
import { TOPIC } from './views.ts'
import { append, newWorld, runToEnd, type World } from './world.ts'

for (const partitions of [1, 4])
  for (const commitEvery of [seconds(10), 0])
    test(`over ${partitions} partitions, with epochs ${commitEvery === 0 ? 'of a chunk' : 'as usual'}, every message is in its topic, in order`, async (t) => {
      const world = await newWorld(partitions)
      for (const topic of PRODUCED) await world.log.create(topic, 3)
      await append(world, inputOf({ seed: partitions, records: 2_000 }))
      const summary = await runToEnd(world, { pipeline: producingPipeline(), commitEvery })
      t.is(summary.records, 2_000)
      const produced = await producedIn(world.log)
      t.deepEqual(differences(produced, await expectedOf(world.log)), [])
      t.deepEqual(await outOfOrderIn(world.log), [])
      t.deepEqual(problemsOf(world.store), [])
      const messages = Object.values(produced).flat().length
      t.is(summary.messages, messages)
      t.is(
        Object.values(summary.rows).reduce((sum, rows) => sum + rows),
        messages,
      )
    })

async function filledWorld(...topics: readonly string[]): Promise<World> {
  const world = await newWorld(2)
  for (const topic of topics) await world.log.create(topic, 2)
  await append(world, inputOf({ seed: 5, records: 200 }))
  return world
}

const pipeline = producingPipeline()

test('a topic that is not there stops a pipeline before it reads anything', async (t) => {
  const world = await filledWorld(COPIES, TOTALS)
  await t.throwsAsync(runToEnd(world, { pipeline }), {
    code: 'config',
    message: /^there is no topic dead-letters at memory to produce to/,
  })
  t.deepEqual(world.store.objects('_sluice/relay/views/0/'), [])
})

test('a pipeline that is told to read a topic that it produces to is refused', async (t) => {
  const world = await filledWorld(...PRODUCED)
  await t.throwsAsync(runToEnd(world, { pipeline, topics: [COPIES] }), {
    code: 'config',
    message: /^the pipeline reads topic copies and would produce to it/,
  })
})

test('messages that the log refuses stop the pipeline, and are produced when it takes them', async (t) => {
  const world = await filledWorld(...PRODUCED)
  const refusal = new SluiceError('config', 'partition 0: MESSAGE_TOO_LARGE')
  const process = new Process(world, { pipeline, commitEvery: 0 }, ({ key }) =>
    key === TOTALS ? { before: refusal } : undefined,
  )
  await t.throwsAsync(process.over(), {
    code: 'config',
    message:
      /^commit \d+ has \d+ messages for topic totals, and it does not take them: partition 0: MESSAGE_TOO_LARGE\. They are safe/,
  })
  await runToEnd(world, { pipeline })
  t.deepEqual(differences(await producedIn(world.log), await expectedOf(world.log)), [])
})

test('a log that takes minutes for every append slows the pipeline down, and that is all', async (t) => {
  const world = await filledWorld(...PRODUCED)
  const process = new Process(world, { pipeline, commitEvery: 0 }, ({ method }) =>
    method === 'append' ? { before: minutes(3) } : undefined,
  )
  t.is(await process.over(), 'ended')
  t.deepEqual(differences(await producedIn(world.log), await expectedOf(world.log)), [])
})

test('what is produced again after a topic has got more partitions goes where it went', async (t) => {
  const world = await filledWorld(...PRODUCED)
  let appends = 0
  const process = new Process(world, { pipeline, commitEvery: 0 }, ({ method }) =>
    method === 'append' && ++appends === 4 ? 'killed after it is carried out' : undefined,
  )
  t.is(await process.over(), 'killed')
  for (const topic of PRODUCED) world.log.addPartitions(topic, 3)
  await runToEnd(world, { pipeline, commitEvery: 0 })
  t.deepEqual(differences(await producedIn(world.log), await expectedOf(world.log)), [])
})

test('a dead letter that its topic cannot take stops the pipeline: there is nowhere else', async (t) => {
  const world = await filledWorld(LETTERS)
  const letters = definePipeline('letters', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC })
      .through(parse())
      .to(s3({ prefix: 'raw' }))
    rejected.to(kafka.to({ topic: LETTERS, key: () => null, maxBytes: 10 }))
  })
  await t.throwsAsync(runToEnd(world, { pipeline: letters }), {
    code: 'rejected',
    message:
      /^kafka:dead-letters rejected an event of the rejected flow, from views-\d@\d+: too large/,
  })
})
