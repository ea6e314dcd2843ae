import test from 'ava'
import { everything } from '../../lib/testing.ts'
import { otherwise, runAgain } from '../pipelines/again.ts'
import { viewsPipeline } from '../pipelines/views.ts'
import { runToEnd } from '../pipelines/world.ts'
import { Process } from './process.ts'
import { manyEpochs, worldOf } from './scene.ts'

const pipelines = {
  'objects of an epoch': viewsPipeline(),
  'objects of 8 records': viewsPipeline({ rotate: { records: 8 } }),
}

for (const [what, pipeline] of Object.entries(pipelines))
  test(`after a kill every epoch comes to the same again: ${what}`, async (t) => {
    const settings = { ...manyEpochs, pipeline }
    const whole = new Process(await worldOf(), settings)
    t.is(await whole.over(), 'ended')
    for (let fatal = 9; fatal < whole.calls; fatal += Math.ceil(whole.calls / 8)) {
      const world = await worldOf()
      const process = new Process(world, settings, ({ number }) =>
        number === fatal ? 'killed after it is carried out' : undefined,
      )
      t.is(await process.over(), 'killed')
      await runToEnd(world, settings)
      t.deepEqual(await otherwise(world, pipeline), [], `killed at request ${fatal}`)
    }
  })

test('what two processes have committed that both think the lanes theirs comes to the same again', async (t) => {
  const pipeline = viewsPipeline({ rotate: { records: 8 } })
  const settings = { ...manyEpochs, pipeline }
  const world = await worldOf({ records: 96, assignment: everything })
  const zombie = new Process(world, settings, ({ number }) =>
    number === 41 ? 'stopped after it is carried out' : undefined,
  )
  t.is(await zombie.over(), 'stopped')
  const heir = new Process(world, settings, ({ number }) => {
    if (number === 35) zombie.continue()
    return undefined
  })
  t.is(await heir.over(), 'ended')
  zombie.continue()
  await world.clock.run(zombie.summary)
  const { findings, replay = [] } = await runAgain(world, pipeline)
  t.deepEqual(findings, [])
  t.deepEqual(
    replay.flatMap(({ unchecked }) => unchecked),
    [],
  )
  t.is(
    replay.reduce((sum, { records }) => sum + records, 0),
    96,
  )
})
