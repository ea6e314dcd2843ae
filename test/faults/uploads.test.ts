import test from 'ava'
import { definePipeline } from '../../lib/index.ts'
import { everything, type MemoryLogOptions } from '../../lib/testing.ts'
import { map, parse } from '../../operators/index.ts'
import { problemsOf } from '../pipelines/audit.ts'
import { TOPIC } from '../pipelines/views.ts'
import { append, newWorld, runToEnd, type World } from '../pipelines/world.ts'
import type { ProcessCall } from '../../lib/testing.ts'
import { type Fate, Process } from './process.ts'

const RECORDS = 12
const LARGE = 1.1 * 1024 ** 2

/** Every record becomes an object that goes up in an upload before its commit, and is completed after it. */
const settings = {
  commitEvery: 0,
  pipeline: definePipeline('pictures', ({ kafka, s3 }) => {
    kafka({ topic: TOPIC, maxPollRecords: 1 })
      .through(parse<{ n: number }>())
      .through(map(({ n }) => ({ n, picture: `${n % 10}`.repeat(LARGE) })))
      .to(s3({ prefix: 'pictures' }))
  }),
}

async function worldOf(options?: MemoryLogOptions): Promise<World> {
  const world = await newWorld(2, { batchRecords: 1, ...options })
  const records = Array.from({ length: RECORDS }, (_, n) => ({
    key: null,
    value: JSON.stringify({ n }),
    partition: n % 2,
  }))
  await append(world, records)
  return world
}

/** What is wrong with the pictures; empty when each is there once, as it was staged. */
function wrongIn({ store }: World): string[] {
  const pictures = store
    .objects('pictures/')
    .map(({ bytes }) => Number(bytes.subarray(5, 7).toString().replace(',', '')))
  const all = Array.from({ length: RECORDS }, (_, n) => n)
  const times = (n: number): number => pictures.filter((other) => other === n).length
  const wrong = all
    .filter((n) => times(n) !== 1)
    .map((n) => `picture ${n} is there ${times(n)} times`)
  return [...wrong, ...problemsOf(store)]
}

/** Steps of an upload's life, from its beginning to its completion after the commit. */
const isStep = ({ method, key }: ProcessCall): boolean =>
  /^(createUpload|uploadPart|completeUpload)$/.test(method) ||
  (method === 'put' && key.includes('/commits/'))

/** A process with something that happens at the nth of these steps. */
function hurt(world: World, nth: number, fate: Fate): { process: Process; steps: () => number } {
  let steps = 0
  const process = new Process(world, settings, (call) =>
    isStep(call) && ++steps === nth ? fate : undefined,
  )
  return { process, steps: () => steps }
}

for (const moment of ['before it is carried out', 'after it is carried out'] as const)
  test.serial(
    `uploads outlive a process killed at any third step of theirs, ${moment}`,
    async (t) => {
      const undisturbed = hurt(await worldOf(), 0, undefined)
      await undisturbed.process.over()
      const last = undisturbed.steps()
      t.true(last > 4 * RECORDS)
      for (let fatal = 1; fatal <= last; fatal += 3) {
        const world = await worldOf()
        t.is(await hurt(world, fatal, `killed ${moment}`).process.over(), 'killed')
        await runToEnd(world, settings)
        t.deepEqual(wrongIn(world), [], `killed at step ${fatal} of ${last}`)
      }
    },
  )

for (const [title, fault] of [
  ['that fails', { before: 'fail' }],
  ['whose answer is lost', { after: 'fail' }],
] as readonly (readonly [string, Fate])[])
  test.serial(`a completion ${title} is made again, and the upload is there for it`, async (t) => {
    const world = await worldOf()
    let completions = 0
    const process = new Process(world, settings, ({ method }) =>
      method === 'completeUpload' && completions++ % 2 === 0 ? fault : undefined,
    )
    t.is(await process.over(), 'ended')
    t.true(completions > RECORDS)
    t.deepEqual(wrongIn(world), [])
  })

test.serial(
  'an owner that comes while another’s commit is not yet published completes what that one has staged',
  async (t) => {
    for (let head = 20; head < 90; head += 7) {
      const world = await worldOf({ assignment: everything })
      const come = Promise.withResolvers<Process>()
      const first = new Process(world, settings, ({ number }) => {
        if (number === head) come.resolve(new Process(world, settings))
        return undefined
      })
      const second = come.promise.then(({ summary }) => summary)
      await world.clock.run(Promise.all([first.summary, second]))
      t.deepEqual(wrongIn(world), [], `the second one came at request ${head} of the first`)
    }
  },
)

test.serial(
  'an upload that somebody has removed after its commit stops the run, with its key and offsets',
  async (t) => {
    const world = await worldOf()
    const uploads: (readonly [key: string, id: string])[] = []
    const store = {
      ...world.store,
      createUpload: async (key: string, ...rest: [object?]) => {
        const id = await world.store.createUpload(key, ...rest)
        uploads.push([key, id])
        return id
      },
    }
    const remove = () => Promise.all(uploads.map(([key, id]) => world.store.abortUpload(key, id)))
    const process = new Process({ ...world, store }, settings, ({ method }) =>
      method === 'completeUpload' ? { before: remove } : undefined,
    )
    await t.throwsAsync(world.clock.run(process.summary), {
      code: 'corrupt',
      message:
        /^the upload of pictures\/\S+ was committed and then removed from .*: offsets 0 to 0 are not visible/,
    })
    t.is(world.store.objects('pictures/').length, 0)
  },
)
