import test from 'ava'
import { type CommitRecord, decode, RECORD_VERSION } from '../../lib/commit/record.ts'
import { Outcome } from '../../lib/testing/outcome.ts'
import { readChains, versions } from '../fixtures/chains/chain-files.ts'
import { chainedPipeline as pipeline, COPIES } from '../fixtures/chains/pipeline.ts'
import { inputOf } from './input.ts'
import { TOPIC } from './views.ts'
import { append, newWorld, runToEnd, type World } from './world.ts'

/** Repeats of the events that the kept chain has seen last, then others. */
const more = [
  ...inputOf({ seed: 12, records: 60, start: '2023-12-01T02:00:00Z' }).slice(30),
  ...inputOf({ seed: 13, records: 60, start: '2023-12-01T03:00:00Z' }),
]

/** What a pipeline has made of a log, whatever the epochs. */
async function madeIn(outcome: Outcome) {
  const sorted = (rows: readonly unknown[]): string[] =>
    rows.map((row) => JSON.stringify(row)).toSorted()
  const rejected = outcome.rows<object>('rejected').map((row) => ({ ...row, commit: 0 }))
  return {
    raw: sorted(outcome.rows('raw')),
    totals: sorted(outcome.rows('totals')),
    rejected: sorted(rejected),
    copies: sorted((await outcome.messages(COPIES)).map(({ bytes }) => String(bytes))),
  }
}

/** The records of another world's log, in a world where nobody has read them. */
async function unreadFrom({ log }: World): Promise<World> {
  const world = await newWorld(0)
  const partitions = (await log.ranges(TOPIC)) ?? []
  world.log.addPartitions(TOPIC, partitions.length)
  await world.log.create(COPIES, 2)
  for (const { partition, low, high } of partitions)
    for await (const { records } of log.read(TOPIC, partition, low, high))
      await append(
        world,
        records.map(({ key, bytes, timestamp }) => ({ partition, key, value: bytes, timestamp })),
      )
  return world
}

function newestOf({ store }: World): CommitRecord {
  const [newest] = store.objects('_sluice/chained/views/0/commits/')
  return decode(newest!.bytes).record
}

const outcomeOf = ({ log, store, clock }: World): Outcome =>
  new Outcome(pipeline, log, store, clock)

test('a chain is kept of the version that is written now', async (t) => {
  const kept = await Promise.all(
    versions().map(async (version) => newestOf(await readChains(version)).v),
  )
  t.true(kept.includes(RECORD_VERSION), `${kept.join(', ')}`)
})

for (const version of versions()) {
  test(`a chain of ${version} that was left in the middle is continued, and comes to what one version alone does`, async (t) => {
    const world = await readChains(version)
    await append(world, more)
    await runToEnd(world, { pipeline })
    const undisturbed = await unreadFrom(world)
    await runToEnd(undisturbed, { pipeline })
    t.is(newestOf(world).v, RECORD_VERSION)
    const made = await madeIn(outcomeOf(world))
    t.deepEqual(made, await madeIn(outcomeOf(undisturbed)))
    t.true(Object.values(made).every((rows) => rows.length > 10))
    await t.notThrowsAsync(outcomeOf(world).expectNoLoss())
  })

  test(`the epochs of ${version} come to the same when they are run again`, async (t) => {
    const world = await readChains(version)
    await runToEnd(world, { pipeline })
    await t.notThrowsAsync(outcomeOf(world).expectSameAgain())
  })
}
