import test from 'ava'
import { seconds } from '../../lib/duration.ts'
import { problemsOf } from './audit.ts'
import { differences } from './contents.ts'
import { expectedOf } from './expected.ts'
import { inputOf } from './input.ts'
import { outOfOrderIn, PRODUCED, producedIn, producingPipeline } from './produced.ts'
import { append, newWorld, runToEnd } from './world.ts'

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
