import test from 'ava'
import { examine } from '../../../lib/doctor/doctor.ts'
import { standingsOf } from '../../../lib/doctor/standing.ts'
import { days, hours } from '../../../lib/duration.ts'
import { problemsOf } from '../../pipelines/audit.ts'
import type { View } from '../../pipelines/views.ts'
import { append, newWorld, recordOf, runToEnd, type World } from '../../pipelines/world.ts'

const START = Date.parse('2024-01-01T00:00:00Z')

const viewOf = (n: number): View => ({
  id: `view-${n}`,
  at: START + n * 60_000,
  user: `user-${n % 7}`,
  page: `page-${n % 3}`,
  country: null,
  seconds: n,
})

/** The views pipeline after some runs to the end, each with as many events more. */
async function worldAfter(runs: number): Promise<World> {
  const world = await newWorld(2)
  for (let run = 0; run < runs; run++) {
    const views = Array.from({ length: 100 }, (_, n) => viewOf(run * 100 + n))
    await append(
      world,
      views.map((view) => recordOf(view)),
    )
    await runToEnd(world, { commitEvery: 0 })
  }
  return world
}

test('a lane knows all prefixes that its owner may write under, also of what has had nothing yet', async (t) => {
  const { store, clock } = await worldAfter(1)
  const standings = await standingsOf('views', store, clock)
  t.deepEqual(
    standings.map(({ lane, prefixes, fence }) => [lane.partition, lane.stage, prefixes, fence]),
    [1, 2].flatMap((stage) =>
      [0, 1].map((partition) => [
        partition,
        stage,
        stage === 1 ? ['raw', 'rejected'] : ['totals', 'rejected'],
        Infinity,
      ]),
    ),
  )
})

test('unneeded bundles are removed, and what comes after finds all that it needs', async (t) => {
  const world = await worldAfter(2)
  const bundles = (): number =>
    world.store.objects('_sluice/').filter(({ key }) => key.includes('/bundles/')).length
  await world.clock.advance(days(2))
  const look = () =>
    world.clock.run(examine({ pipeline: 'views', olderThan: hours(1), remove: true, ...world }))
  const before = bundles()
  const { findings } = await look()
  t.true(findings.length > 0 && findings.every(({ removed }) => removed))
  t.true(bundles() < before)
  t.deepEqual((await look()).findings, [])
  t.deepEqual(problemsOf(world.store), [])
  await append(world, [recordOf(viewOf(500))])
  await runToEnd(world)
  t.deepEqual(problemsOf(world.store), [])
})
