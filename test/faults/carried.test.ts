import test from 'ava'
import { everything } from '../../lib/testing.ts'
import { viewsPipeline } from '../pipelines/views.ts'
import { runToEnd } from '../pipelines/world.ts'
import { Process } from './process.ts'
import { manyEpochs, worldOf, wrongIn } from './scene.ts'

/** Objects that stay open over several commits. */
const carrying = { ...manyEpochs, pipeline: viewsPipeline({ rotate: { records: 8 } }) }

async function requests(): Promise<number> {
  const process = new Process(await worldOf(), carrying)
  await process.over()
  return process.calls
}

for (const moment of ['before it is carried out', 'after it is carried out'] as const)
  test.serial(
    `carried objects outlive a process that is killed at any other request, ${moment}`,
    async (t) => {
      const last = await requests()
      for (let fatal = 1; fatal <= last; fatal += 2) {
        const world = await worldOf()
        const process = new Process(world, carrying, ({ number }) =>
          number === fatal ? `killed ${moment}` : undefined,
        )
        t.is(await process.over(), 'killed')
        await runToEnd(world, carrying)
        t.deepEqual(await wrongIn(world), [], `killed at request ${fatal} of ${last}`)
      }
    },
  )

test.serial(
  'a process that wakes up after another has closed its carried objects is fenced',
  async (t) => {
    const scene = { assignment: everything }
    const last = await requests()
    for (let stopped = 20; stopped <= last; stopped += 3) {
      const world = await worldOf(scene)
      const zombie = new Process(world, carrying, ({ number }) =>
        number === stopped ? 'stopped before it is carried out' : undefined,
      )
      await zombie.over()
      await new Process(world, carrying).over()
      zombie.continue()
      await world.clock.run(zombie.summary)
      t.deepEqual(await wrongIn(world), [], `stopped at request ${stopped}`)
    }
  },
)
