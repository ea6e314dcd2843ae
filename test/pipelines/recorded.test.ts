import test from 'ava'
import { Chain } from '../../lib/commit/chain.ts'
import type { CommitRecord } from '../../lib/commit/record.ts'
import { at, feed } from '../../lib/testing.ts'
import { definePipeline, integer } from '../../lib/index.ts'
import { parse, validate } from '../../operators/index.ts'
import { append, newWorld, recordOf, runToEnd, type World } from './world.ts'
import { viewsPipeline, view } from './views.ts'

async function recordsOf(
  { store, clock }: Pick<World, 'store' | 'clock'>,
  lane: { pipeline: string; topic: string; stage: 1 | 2 },
): Promise<CommitRecord[]> {
  const records: CommitRecord[] = []
  for await (const { record } of new Chain({ ...lane, partition: 0 }, store, clock).records())
    records.push(record)
  return records
}

const good = { id: 'a', at: 0, user: 'u', page: 'p', country: null, seconds: 1 }

test('a commit tells whose rejects came when', async (t) => {
  const world = await newWorld(1)
  await append(world, [
    { key: null, value: 'no JSON' },
    { key: null, value: '{}' },
    { key: null, value: 'nor this' },
    recordOf(good),
  ])
  await runToEnd(world)
  const records = await recordsOf(world, { pipeline: 'views', topic: 'views', stage: 1 })
  // they came in one chunk: what parse let through was judged before what it rejected was handed over
  t.deepEqual(
    records.flatMap(({ recorded }) => recorded.rejects ?? []),
    [
      [1, 1],
      [0, 2],
    ],
  )
})

test('a merging lane tells what it merged before event time went on', async (t) => {
  const world = await newWorld(2)
  await append(world, [recordOf(good, 0), recordOf({ ...good, id: 'b' }, 1)])
  await runToEnd(world)
  const merged: Record<string, number> = {}
  const records = await recordsOf(world, { pipeline: 'views', topic: 'views', stage: 2 })
  for (const round of records.flatMap(({ recorded }) => recorded.rounds ?? []))
    Object.assign(merged, round.merged)
  const vector = records.findLast(({ kind }) => kind === 'commit')?.vector ?? {}
  t.deepEqual(
    merged,
    Object.fromEntries(Object.entries(vector).map(([id, { index }]) => [id, index])),
  )
})

test('every record tells the values of the options that its run was given', async (t) => {
  const pipeline = definePipeline(
    'given',
    { most: integer(3, 'how many'), least: integer(1, 'how few') },
    ({ kafka, s3 }) =>
      kafka({ topic: 'given' })
        .through(parse())
        .through(validate(view))
        .to(s3({ prefix: 'raw' })),
  )
  const { store } = await feed(at('09:00', good)).into(pipeline, { values: { most: 7 } })
  const { clock } = await newWorld(1)
  const records = await recordsOf({ store, clock }, { pipeline: 'given', topic: 'given', stage: 1 })
  t.true(records.length > 1)
  for (const { options = [] } of records)
    t.deepEqual(Object.fromEntries(options), { most: 7, least: 1 })
})

test('what a release has published is not recorded as its own', async (t) => {
  const world = await newWorld(1)
  await append(world, [{ key: null, value: 'no JSON' }, recordOf(good)])
  await runToEnd(world, { pipeline: viewsPipeline() })
  const records = await recordsOf(world, { pipeline: 'views', topic: 'views', stage: 1 })
  const release = records.at(-1)
  t.is(release?.kind, 'release')
  t.is(release?.recorded.rejects, undefined)
})
