import test from 'ava'
import { hours } from '../../lib/index.ts'
import { verify } from '../../lib/verify/verify.ts'
import { problemsOf } from '../pipelines/audit.ts'
import { byUser, eventsOf, objectsOf } from '../pipelines/folders.ts'
import { randomFrom } from '../pipelines/input.ts'
import { append, newWorld, runToEnd, type World } from '../pipelines/world.ts'
import { Process } from './process.ts'

const input = eventsOf(1_000, 12_000)

async function filled(): Promise<World> {
  const world = await newWorld(2, { batchRecords: 100 })
  await append(world, input)
  return world
}

for (const rotate of [{ records: 1_000_000 }, { records: 5 }, { maxOpen: 300 }] as const)
  test.serial(
    `a thousand folders hold the same, whatever was killed while their rows were carried and merged: ${JSON.stringify(rotate)}`,
    async (t) => {
      const pipeline = byUser(rotate)
      const undisturbed = await filled()
      await runToEnd(undisturbed, { pipeline, commitEvery: hours(1) })
      const world = await filled()
      const random = randomFrom(7)
      let kills = 0
      for (let ended = false; !ended;) {
        const fatal = 20 + Math.floor(random() * 150 * (kills + 1))
        const process = new Process(world, { pipeline, commitEvery: 0 }, ({ number }) =>
          number === fatal
            ? `killed ${random() < 0.5 ? 'before' : 'after'} it is carried out`
            : undefined,
        )
        ended = (await process.over()) !== 'killed'
        if (!ended) kills++
      }
      t.true(kills > 3, `${kills} kills`)
      t.deepEqual(objectsOf(world.store), objectsOf(undisturbed.store))
      t.deepEqual(problemsOf(world.store), [])
      const { findings } = await verify({ pipeline: 'by-user', ...world })
      t.deepEqual(findings, [])
    },
  )
