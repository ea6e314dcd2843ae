import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import type { NewRecord } from '../../lib/ports.ts'
import {
  at,
  barrier,
  crash,
  everything,
  feed,
  type Input,
  restart,
  slow,
} from '../../lib/testing.ts'
import { otherwise } from '../pipelines/again.ts'
import { problemsOf } from '../pipelines/audit.ts'
import { second, type Visit, visitsIn, visitsPipeline } from '../pipelines/visits.ts'
import { append, newWorld, runToEnd, type World } from '../pipelines/world.ts'
import { Process } from './process.ts'
import { manyEpochs } from './scene.ts'

const START = Date.parse('2024-01-01T09:00:00Z')

/** Visits of three users, a little and now and then a lot out of order. */
const visits: readonly Visit[] = Array.from({ length: 36 }, (_, n) => ({
  user: ['ada', 'bob', 'eve'][n % 3] as string,
  at: START + n * 400 - (n % 5) * 700 - (n % 11 === 10 ? 9_000 : 0),
  n,
}))

const recordOf = (visit: Visit): NewRecord => ({ key: visit.user, value: JSON.stringify(visit) })

async function filledWorld(): Promise<World> {
  const world = await newWorld(2, { batchRecords: 4, assignment: everything })
  await append(world, visits.map(recordOf))
  return world
}

/** What is wrong with the objects, by what was produced and nothing else. */
function wrongIn({ store }: World): string[] {
  const wrong = problemsOf(store)
  const seen = new Set<number>()
  for (const [key, rows] of visitsIn(store.objects('visits/'))) {
    const [first] = rows as [Visit]
    const isOrdered = rows.every(
      ({ at, n }, i) =>
        i === 0 || at > rows[i - 1]!.at || (at === rows[i - 1]!.at && n > rows[i - 1]!.n),
    )
    if (!isOrdered) wrong.push(`${key} is not sorted`)
    for (const { user, at, n } of rows) {
      if (seen.has(n)) wrong.push(`${n} is there twice`)
      if (user !== first.user || Math.floor(at / 1_000) !== Math.floor(first.at / 1_000))
        wrong.push(`${key} holds ${n}`)
      seen.add(n)
    }
  }
  if (seen.size !== visits.length) wrong.push(`${visits.length - seen.size} are lost`)
  return wrong
}

const settings = { ...manyEpochs, pipeline: visitsPipeline() }

test('an undisturbed run has late objects and others, in many commits', async (t) => {
  const world = await filledWorld()
  await runToEnd(world, settings)
  t.deepEqual(wrongIn(world), [])
  const keys = world.store.objects('visits/').map(({ key }) => key)
  t.true(keys.some((key) => key.includes('.late-1.')))
  t.true(keys.some((key) => !key.includes('.late-')))
  t.deepEqual(await otherwise(world, settings.pipeline), [])
})

for (const moment of ['before it is carried out', 'after it is carried out'] as const)
  test.serial(
    `names that are written once outlive a process that is killed at a request, ${moment}`,
    async (t) => {
      const whole = new Process(await filledWorld(), settings)
      await whole.over()
      for (let fatal = 1; fatal <= whole.calls; fatal += 3) {
        const world = await filledWorld()
        const process = new Process(world, settings, ({ number }) =>
          number === fatal ? `killed ${moment}` : undefined,
        )
        await process.over()
        await runToEnd(world, settings)
        t.deepEqual(wrongIn(world), [], `killed at request ${fatal} of ${whole.calls}`)
      }
    },
  )

test.serial('a process that wakes up after another has gone on writes nothing over', async (t) => {
  const whole = new Process(await filledWorld(), settings)
  await whole.over()
  for (let stopped = 10; stopped <= whole.calls; stopped += 7) {
    const world = await filledWorld()
    const zombie = new Process(world, settings, ({ number }) =>
      number === stopped ? 'stopped before it is carried out' : undefined,
    )
    await zombie.over()
    await new Process(world, settings).over()
    zombie.continue()
    await world.clock.run(zombie.summary)
    t.deepEqual(wrongIn(world), [], `stopped at request ${stopped}`)
  }
})

const coming = fc.record({
  user: fc.constantFrom('ada', 'bob'),
  second: fc.integer({ min: 0, max: 9 }),
  ms: fc.constantFrom(0, 250, 999),
  before: fc.constantFrom('nothing', 'nothing', 'nothing', 'nothing', 'a commit', 'a kill'),
})

const byNumber = (a: number, b: number): number => a - b

testProp(
  'in whatever order visits come, whatever is committed or killed between them, each is in one object once, sorted, and nothing is written over',
  [
    fc.array(coming, { minLength: 1, maxLength: 30 }),
    fc.constantFrom('late', 'number', 'reject'),
    fc.constantFrom(0, 900),
  ],
  async (t, all, taken, delay) => {
    const input = all.flatMap(({ user, second, ms, before }, n): Input<unknown>[] => {
      const visit = { user, at: START + second * 1_000 + ms, n }
      const comes = at('09:00:10', visit, { key: user })
      if (before === 'nothing') return [comes]
      return before === 'a commit' ? [barrier(), comes] : [crash(), restart(), comes]
    })
    // a process that is told to stop before it has begun says so
    const outcome = await feed(barrier(), ...input, barrier()).into(visitsPipeline(taken), {
      partitions: 2,
      faults: [slow(delay)],
    })
    const objects = visitsIn(outcome.objects('visits'))
    for (const [key, rows] of objects) {
      const [{ user, at: first }] = rows as [Visit]
      t.true(
        rows.every((row) => row.user === user && second(row.at) === second(first)),
        key,
      )
      t.deepEqual(
        rows,
        rows.toSorted((a, b) => a.at - b.at || a.n - b.n),
        key,
      )
    }
    const kept = objects.flatMap(([, rows]) => rows.map(({ n }) => n))
    const rejected = outcome.rows<{ text: string }>('rejected')
    if (taken !== 'reject') t.is(rejected.length, 0)
    const refused = rejected.map(({ text }) => (JSON.parse(text) as Visit).n)
    t.deepEqual([...kept, ...refused].toSorted(byNumber), [...all.keys()])
    await outcome.expectNoLoss()
    await outcome.expectSameAgain()
  },
  { numRuns: 30 },
)

for (const taken of ['late', 'number'] as const)
  test(`a name that somebody else has is left alone: ${taken}`, async (t) => {
    const world = await filledWorld()
    const foreign = 'visits/ada/09%3A00%3A00.jsonl'
    await world.store.put(foreign, Buffer.from('not ours'))
    await runToEnd(world, { pipeline: visitsPipeline(taken) })
    t.is(String(await world.store.get(foreign)), 'not ours')
    const next = foreign.replace('.jsonl', taken === 'late' ? '.late-1.jsonl' : '.2.jsonl')
    t.true((await world.store.head(next)) !== undefined)
    await world.store.delete([foreign])
    t.deepEqual(wrongIn(world), [])
  })

test('a lane stops before it commits where it has no other name', async (t) => {
  const world = await filledWorld()
  await world.store.put('visits/ada/09%3A00%3A00.jsonl', Buffer.from('not ours'))
  const error = await t.throwsAsync(runToEnd(world, { pipeline: visitsPipeline('reject') }))
  t.regex(
    error?.message ?? '',
    /^views-\d: key taken by another object \(not written by sluice\): visits\/ada\/09%3A00%3A00.jsonl/,
  )
})

test('what is left of a second when a finite run ends is for the next object of its name', async (t) => {
  const world = await newWorld(1)
  const pipeline = visitsPipeline()
  const visit = (n: number): NewRecord => recordOf({ user: 'ada', at: START + n, n })
  for (const n of [0, 1]) {
    await append(world, [visit(n)])
    await runToEnd(world, { pipeline })
  }
  t.deepEqual(
    visitsIn(world.store.objects('visits/')).map(([key, rows]) => [key, rows.map(({ n }) => n)]),
    [
      ['visits/ada/09%3A00%3A00.jsonl', [0]],
      ['visits/ada/09%3A00%3A00.late-1.jsonl', [1]],
    ],
  )
  t.deepEqual(await otherwise(world, pipeline), [])
})

test('what is left of a second when a finite run ends is rejected, where its name has no next one', async (t) => {
  const world = await newWorld(1)
  const pipeline = visitsPipeline('reject')
  for (const n of [0, 1]) {
    await append(world, [recordOf({ user: 'ada', at: START + n, n })])
    await runToEnd(world, { pipeline })
  }
  t.is(visitsIn(world.store.objects('visits/')).length, 1)
  const [rejected] = world.store.objects('rejected/')
  t.regex(String(rejected?.bytes), /"reason":"late: /)
  t.deepEqual(await otherwise(world, pipeline), [])
})

test('where two lanes come to one name, the lane that is second writes nothing over', async (t) => {
  const world = await newWorld(2)
  const visit: Visit = { user: 'ada', at: START, n: 0 }
  // the right key in the wrong partition: nothing but the store can tell
  await append(world, [
    { ...recordOf(visit), partition: 0 },
    { ...recordOf({ ...visit, n: 1 }), partition: 1 },
  ])
  // both ask for the name before either has it
  const process = new Process(world, settings, () => ({ before: 20 }))
  const error = await t.throwsAsync(process.over())
  t.regex(
    error?.message ?? '',
    /^cannot publish visits\/ada\/09%3A00%3A00.jsonl: partition [01] of the same pipeline has written that key/,
  )
  const [[, rows] = ['', []], ...others] = visitsIn(world.store.objects('visits/'))
  t.is(rows.length, 1)
  t.deepEqual(others, [])
})
