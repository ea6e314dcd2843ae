import { fc, testProp } from '@fast-check/ava'
import { hours, seconds } from '../../lib/duration.ts'
import { SluiceError } from '../../lib/errors.ts'
import { everything, shared } from '../../lib/testing.ts'
import { inputOf, randomFrom } from '../pipelines/input.ts'
import { viewsPipeline } from '../pipelines/views.ts'
import { append, runToEnd, type Settings, type World } from '../pipelines/world.ts'
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
  await finish(world, settings, processes)
}

/** Whoever is left ends, and a last run ends what they have left. */
async function finish(
  world: World,
  settings: Settings,
  processes: readonly Process[],
): Promise<void> {
  for (const process of processes) process.continue()
  const ends = processes.map((process) =>
    Promise.race([process.summary, process.death]).catch((error: unknown) => {
      const isFenced = error instanceof SluiceError && error.code === 'fenced'
      // told to stop before it had begun
      const isAborted = error instanceof DOMException && error.name === 'AbortError'
      if (!isFenced && !isAborted) throw error
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

/** What happens after a round of input: a process comes, or something happens to one that is there. */
const event = fc.oneof(
  fc.record({ do: fc.constant('start' as const), seed }),
  one('kill'),
  one('stop'),
  one('continue'),
)

testProp(
  'whatever comes and goes while input keeps coming and bundles are collected, nothing is lost or doubled',
  [
    fc.record({
      seed,
      partitions: fc.integer({ min: 1, max: 3 }),
      records: fc.constant(0),
      assignment: fc.constantFrom(shared, everything),
    }),
    fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    fc.array(fc.tuple(event, fc.integer({ min: 5, max: 70 }).map(seconds)), {
      minLength: 3,
      maxLength: 12,
    }),
  ],
  async (t, scene, rows, rounds) => {
    const world = await worldOf(scene)
    const stop = new AbortController()
    const pipeline = viewsPipeline(rows === undefined ? {} : { rotate: { records: rows } })
    const settings = { pipeline, untilEnd: false, signal: stop.signal, commitEvery: seconds(2) }
    const processes = [new Process(world, settings, weather(scene.seed))]
    let start = Date.parse('2023-12-01T00:00:00Z')
    for (const [round, [happens, wait]] of rounds.entries()) {
      const input = inputOf({
        seed: round,
        records: 20,
        late: 0,
        start: new Date(start).toISOString(),
      })
      await append(world, input)
      start += hours(2)
      if (happens.do === 'start')
        processes.push(new Process(world, settings, weather(happens.seed)))
      else processes[happens.which % processes.length]?.[happens.do]()
      await world.clock.advance(wait)
    }
    stop.abort()
    await finish(world, { pipeline }, processes)
    t.deepEqual(await wrongIn(world), [])
  },
  { numRuns: 25 },
)
