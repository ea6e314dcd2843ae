import { fc, testProp } from '@fast-check/ava'
import { SluiceError } from '../../lib/errors.ts'
import { everything, shared } from '../../lib/testing.ts'
import { randomFrom } from '../pipelines/input.ts'
import { viewsPipeline } from '../pipelines/views.ts'
import { runToEnd, type Settings, type World } from '../pipelines/world.ts'
import { type Fate, Process } from './process.ts'
import { manyEpochs, worldOf, wrongIn } from './scene.ts'

type Action =
  | { readonly do: 'start'; readonly seed: number }
  | { readonly do: 'kill' | 'stop' | 'continue'; readonly which: number }
  | { readonly do: 'wait'; readonly ms: number }

const seed = fc.integer({ min: 0, max: 1e6 })
const one = (verb: 'kill' | 'stop' | 'continue') =>
  fc.record({ do: fc.constant(verb), which: fc.nat({ max: 7 }) })

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('start' as const), seed }) },
  { weight: 1, arbitrary: one('kill') },
  { weight: 1, arbitrary: one('stop') },
  { weight: 1, arbitrary: one('continue') },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.integer({ min: 1, max: 2_000 }),
    }),
  },
)

/** Requests that take their time, and now and then fail or lose their answers. */
function weather(from: number): () => Fate {
  const random = randomFrom(from)
  return () => {
    const chance = random()
    if (chance < 0.02) return { before: 'fail' }
    if (chance < 0.04) return { after: 'fail' }
    return { before: Math.floor(random() * 20), after: Math.floor(random() * 20) }
  }
}

/** Processes come, go, sleep and wake; in the end those that are left finish. */
async function play(world: World, settings: Settings, actions: readonly Action[]): Promise<void> {
  const processes: Process[] = []
  for (const step of actions) {
    if (step.do === 'start') processes.push(new Process(world, settings, weather(step.seed)))
    else if (step.do === 'wait') await world.clock.advance(step.ms)
    else processes[step.which % processes.length]?.[step.do]()
  }
  for (const process of processes) process.continue()
  const ends = processes.map((process) =>
    Promise.race([process.summary, process.death]).catch((error: unknown) => {
      if (!(error instanceof SluiceError && error.code === 'fenced')) throw error
    }),
  )
  await world.clock.run(Promise.all(ends))
  await runToEnd(world, settings)
}

testProp(
  'whatever processes come, go, sleep and wake, the bucket is that of an undisturbed run',
  [
    fc.record({
      seed,
      partitions: fc.integer({ min: 1, max: 4 }),
      records: fc.integer({ min: 1, max: 100 }),
      assignment: fc.constantFrom(shared, everything),
    }),
    fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    fc.array(action, { minLength: 2, maxLength: 25 }),
  ],
  async (t, scene, rows, actions) => {
    const world = await worldOf(scene)
    const pipeline = viewsPipeline(rows === undefined ? {} : { rotate: { records: rows } })
    await play(world, { ...manyEpochs, pipeline }, actions)
    t.deepEqual(await wrongIn(world), [])
  },
  { numRuns: 60 },
)
