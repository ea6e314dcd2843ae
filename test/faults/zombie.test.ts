import test from 'ava'
import { everything } from '../../lib/testing.ts'
import { Process } from './process.ts'
import { manyEpochs, worldOf, wrongIn } from './scene.ts'

/** A group that gives all partitions to everyone does not know who is dead: only the chains do. */
const scene = { assignment: everything }

for (const moment of ['before it is carried out', 'after it is carried out'] as const)
  test.serial(
    `a process stopped at any other request, ${moment}, and continued after another has done its work, is fenced`,
    async (t) => {
      const undisturbed = new Process(await worldOf(scene), manyEpochs)
      await undisturbed.over()
      for (let last = 1; last <= undisturbed.calls; last += 2) {
        const world = await worldOf(scene)
        const zombie = new Process(world, manyEpochs, ({ number }) =>
          number === last ? `stopped ${moment}` : undefined,
        )
        t.is(await zombie.over(), 'stopped')
        t.is(await new Process(world, manyEpochs).over(), 'ended')
        t.deepEqual(await wrongIn(world), [], `stopped at request ${last}, while it sleeps`)
        zombie.continue()
        await world.clock.run(zombie.summary)
        t.deepEqual(await wrongIn(world), [], `stopped at request ${last}, after it went on`)
      }
    },
  )

test.serial(
  'a process stopped at any request, and continued in the middle of another’s work, shares it',
  async (t) => {
    const undisturbed = new Process(await worldOf(scene), manyEpochs)
    await undisturbed.over()
    for (let last = 1; last <= undisturbed.calls; last += 7)
      for (let wake = 5; wake < 100; wake += 30) {
        const world = await worldOf(scene)
        const zombie = new Process(world, manyEpochs, ({ number }) =>
          number === last ? 'stopped after it is carried out' : undefined,
        )
        await zombie.over()
        const heir = new Process(world, manyEpochs, ({ number }) => {
          if (number === wake) zombie.continue()
          return undefined
        })
        await heir.over()
        zombie.continue()
        await world.clock.run(zombie.summary)
        t.deepEqual(await wrongIn(world), [], `stopped at ${last}, continued at ${wake}`)
      }
  },
)

test.serial(
  'two processes that both think the lanes theirs share the work and double nothing',
  async (t) => {
    for (let head = 1; head < 60; head += 3) {
      const world = await worldOf(scene)
      const come = Promise.withResolvers<Process>()
      const first = new Process(world, manyEpochs, ({ number }) => {
        if (number === head) come.resolve(new Process(world, manyEpochs))
        return undefined
      })
      const second = come.promise.then(({ summary }) => summary)
      await world.clock.run(Promise.all([first.summary, second]))
      t.deepEqual(await wrongIn(world), [], `the second one came at request ${head} of the first`)
    }
  },
)
