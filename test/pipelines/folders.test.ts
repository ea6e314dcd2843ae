import test from 'ava'
import { hours } from '../../lib/index.ts'
import { verify } from '../../lib/verify/verify.ts'
import { problemsOf } from './audit.ts'
import { byUser, eventsOf, objectsOf, recordsOf } from './folders.ts'
import { append, newWorld, runToEnd } from './world.ts'

const MB = 1024 * 1024

for (const [rotate, reason] of [
  [{ records: 1_000_000 }, 'drain'],
  [{ records: 7 }, 'count'],
  [{ maxOpen: 500 }, 'evicted'],
] as const)
  test(`two thousand folders hold the same with a hundred epochs as with one: ${JSON.stringify(rotate)}`, async (t) => {
    const input = eventsOf(2_000, 30_000)
    const runs = await Promise.all(
      [{ commitEvery: 0 }, { commitEvery: hours(1), memory: 512 * MB }].map(async (settings) => {
        const world = await newWorld(2, { batchRecords: 150 })
        await append(world, input)
        const { finished } = await runToEnd(world, { pipeline: byUser(rotate), ...settings })
        t.true((finished[reason] ?? 0) > 1_000)
        t.deepEqual(problemsOf(world.store), [])
        const { findings } = await verify({ pipeline: 'by-user', ...world })
        t.deepEqual(findings, [])
        return { objects: objectsOf(world.store), ...recordsOf(world.store) }
      }),
    )
    const [many, one] = runs as [(typeof runs)[0], (typeof runs)[0]]
    t.deepEqual(many.objects, one.objects)
    t.true(many.all > 200 && one.all < 10, `${many.all} and ${one.all} records`)
    // a record says of the open objects no more than where their rows are
    for (const size of many.sizes) t.true(size < 16 * 1024, `a record of ${size} bytes`)
  })

test('what stays open after every commit of a stopped run is listed, and read back by the next', async (t) => {
  const world = await newWorld(1, { batchRecords: 100 })
  await append(world, eventsOf(300, 5_000))
  const stopped = new AbortController()
  const pipeline = byUser({ records: 1_000_000 })
  const options = { pipeline, untilEnd: false, commitEvery: 0, signal: stopped.signal }
  const run = runToEnd(world, options)
  await world.clock.advance(60_000)
  stopped.abort()
  await run
  t.deepEqual(objectsOf(world.store), [])
  const { findings, lanes } = await verify({ pipeline: 'by-user', ...world })
  t.deepEqual(findings, [])
  t.is(lanes[0]?.records, 5_000)
  await runToEnd(world, { pipeline, commitEvery: 0 })
  t.is(objectsOf(world.store).length, 300)
  t.deepEqual(problemsOf(world.store), [])
})
