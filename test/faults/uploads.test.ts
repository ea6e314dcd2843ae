import test from 'ava'
import { everything } from '../../lib/testing.ts'
import { testKilledAtSteps } from './killed-at-steps.ts'
import { isStep, RECORDS, settings, worldOf, wrongIn } from './pictures.ts'
import { type Fate, Process } from './process.ts'

testKilledAtSteps('uploads', { newWorld: () => worldOf(), isStep, at: 'third', least: 4 })

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
