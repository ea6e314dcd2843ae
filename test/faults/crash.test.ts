import test from 'ava'
import { contentsOf } from '../pipelines/contents.ts'
import { inputOf } from '../pipelines/input.ts'
import { TOPIC } from '../pipelines/views.ts'
import { append, runToEnd } from '../pipelines/world.ts'
import { Process } from './process.ts'
import { manyEpochs, worldOf, wrongIn } from './scene.ts'

const when = ['before it is carried out', 'after it is carried out'] as const

/** How many requests a run makes that nothing disturbs. */
async function requests(): Promise<number> {
  const process = new Process(await worldOf(), manyEpochs)
  await process.over()
  return process.calls
}

for (const moment of when)
  test.serial(
    `a process killed at any request, ${moment}, loses and doubles nothing`,
    async (t) => {
      const last = await requests()
      t.true(last > 100, `${last}`)
      for (let fatal = 1; fatal <= last; fatal++) {
        const world = await worldOf()
        const process = new Process(world, manyEpochs, ({ number }) =>
          number === fatal ? `killed ${moment}` : undefined,
        )
        t.is(await process.over(), 'killed')
        await runToEnd(world, manyEpochs)
        t.deepEqual(await wrongIn(world), [], `killed at request ${fatal} of ${last}`)
      }
    },
  )

for (const moment of when)
  test.serial(
    `a process killed again while it recovers, ${moment}, loses and doubles nothing`,
    async (t) => {
      const last = await requests()
      for (let first = 7; first <= last; first += 29)
        for (let second = 1; second <= 40; second += 4) {
          const world = await worldOf()
          for (const fatal of [first, second])
            await new Process(world, manyEpochs, ({ number }) =>
              number === fatal ? `killed ${moment}` : undefined,
            ).over()
          await runToEnd(world, manyEpochs)
          t.deepEqual(await wrongIn(world), [], `killed at requests ${first} and ${second}`)
        }
    },
  )

test.serial(
  'a run to the end that is killed ends where it was to end, whatever has come since',
  async (t) => {
    for (const fatal of [60, 80, 100]) {
      const world = await worldOf({ records: 60 })
      await new Process(world, manyEpochs, ({ number }) =>
        number === fatal ? 'killed after it is carried out' : undefined,
      ).over()
      await append(world, inputOf({ seed: 4, records: 30 }))
      await runToEnd(world, manyEpochs)
      const records = (await world.log.ranges(TOPIC))?.reduce((sum, { high }) => sum + high, 0)
      t.is(records, 90)
      const { raw, rejected } = contentsOf(world.store)
      const set = rejected.filter((line) => /parse|validate/.test(line))
      t.is(raw.length + set.length, 60, `killed at request ${fatal}`)
      t.is((await runToEnd(world, manyEpochs)).records, 30)
    }
  },
)
