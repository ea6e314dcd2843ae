import test from 'ava'
import { everything, type Moment } from '../../lib/testing.ts'
import { problemsOf } from '../pipelines/audit.ts'
import { differences } from '../pipelines/contents.ts'
import { expectedOf } from '../pipelines/expected.ts'
import {
  outOfOrderIn,
  PRODUCED,
  producedIn,
  producingPipeline,
  recordsIn,
} from '../pipelines/produced.ts'
import { runToEnd, type Settings, type World } from '../pipelines/world.ts'
import { Process } from './process.ts'
import { manyEpochs, type Scene, worldOf } from './scene.ts'

const settings: Settings = { ...manyEpochs, pipeline: producingPipeline() }

async function producingWorld(scene?: Scene): Promise<World> {
  const world = await worldOf(scene)
  for (const topic of PRODUCED) await world.log.create(topic, 2)
  return world
}

/** What is wrong in the topics for a reader that drops repeats; empty when it has what an undisturbed run produces. */
const wrongIn = async ({ log, store }: World): Promise<string[]> => [
  ...differences(await producedIn(log), await expectedOf(log)),
  ...(await outOfOrderIn(log)),
  ...problemsOf(store),
]

/** How many requests a run makes that nothing disturbs. */
async function requests(scene?: Scene): Promise<number> {
  const process = new Process(await producingWorld(scene), settings)
  await process.over()
  return process.calls
}

const produced = async ({ log }: World): Promise<number> =>
  (await Promise.all(PRODUCED.map((topic) => recordsIn(log, topic)))).flat().length

const moments: readonly Moment[] = [
  'before it is carried out',
  'in the middle of it',
  'after it is carried out',
]

for (const moment of moments)
  test.serial(
    `a process killed at any request, ${moment}, loses no message and repeats none to a reader`,
    async (t) => {
      const once = await producingWorld()
      await runToEnd(once, settings)
      const [last, undisturbed] = [await requests(), await produced(once)]
      t.true(last > 80, `${last}`)
      let repeats = 0
      for (let fatal = 1; fatal <= last; fatal++) {
        const world = await producingWorld()
        const process = new Process(world, settings, ({ number }) =>
          number === fatal ? `killed ${moment}` : undefined,
        )
        t.is(await process.over(), 'killed')
        await runToEnd(world, settings)
        t.deepEqual(await wrongIn(world), [], `killed at request ${fatal} of ${last}`)
        repeats += (await produced(world)) - undisturbed
      }
      t.true(moment === 'before it is carried out' || repeats > 0, 'nothing was repeated')
    },
  )

/** A group that gives all partitions to everyone does not know who is dead: only the chains do. */
const scene = { assignment: everything }

for (const moment of moments)
  test.serial(
    `a process stopped at any request, ${moment}, produces late what others have produced, and no reader sees it`,
    async (t) => {
      const last = await requests(scene)
      for (let fatal = 1; fatal <= last; fatal += 2) {
        const world = await producingWorld(scene)
        const zombie = new Process(world, settings, ({ number }) =>
          number === fatal ? `stopped ${moment}` : undefined,
        )
        t.is(await zombie.over(), 'stopped')
        t.is(await new Process(world, settings).over(), 'ended')
        t.deepEqual(await wrongIn(world), [], `stopped at request ${fatal}, while it sleeps`)
        zombie.continue()
        await world.clock.run(zombie.summary)
        t.deepEqual(await wrongIn(world), [], `stopped at request ${fatal}, after it went on`)
      }
    },
  )

for (const trouble of ['before', 'middle', 'after'] as const)
  test.serial(
    `a log that fails at every other append, ${trouble} it, holds up and loses nothing`,
    async (t) => {
      let appends = 0
      const world = await producingWorld()
      const process = new Process(world, settings, ({ method }) =>
        method === 'append' && appends++ % 2 === 0 ? { [trouble]: 'fail' } : undefined,
      )
      t.is(await process.over(), 'ended')
      t.true((await process.summary).retries > 10)
      t.deepEqual(await wrongIn(world), [])
    },
  )
