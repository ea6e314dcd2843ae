import test from 'ava'
import { minutes } from '../../lib/duration.ts'
import type { Fault } from '../../lib/testing.ts'
import { randomFrom } from '../pipelines/input.ts'
import { runToEnd } from '../pipelines/world.ts'
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
