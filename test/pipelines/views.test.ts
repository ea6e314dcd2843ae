import test from 'ava'
import { seconds } from '../../lib/duration.ts'
import { problemsOf } from './audit.ts'
import { contentsOf, differences } from './contents.ts'
import { expectedOf } from './expected.ts'
import { inputOf } from './input.ts'
import { append, newWorld, runToEnd } from './world.ts'

for (const partitions of [1, 4, 16])
  for (const commitEvery of [seconds(10), 0])
    test(`over ${partitions} partitions, with epochs ${commitEvery === 0 ? 'of a chunk' : 'as usual'}, every record is where it belongs`, async (t) => {
      const world = await newWorld(partitions)
      await append(world, inputOf({ seed: partitions, records: 2_000 }))
      const summary = await runToEnd(world, { commitEvery })
      t.is(summary.records, 2_000)
      t.deepEqual(differences(contentsOf(world.store), await expectedOf(world.log)), [])
      t.deepEqual(problemsOf(world.store), [])
      t.is(world.store.openUploads, 0)
    })

test('totals do not depend on the number of partitions', async (t) => {
  const totals: string[][] = []
  for (const partitions of [1, 4, 16]) {
    const world = await newWorld(partitions)
    await append(world, inputOf({ seed: 7, records: 1_000, late: 0 }))
    await runToEnd(world)
    totals.push(contentsOf(world.store).totals)
  }
  t.true((totals[0] as string[]).length > 0)
  t.deepEqual(totals[1], totals[0])
  t.deepEqual(totals[2], totals[0])
})
