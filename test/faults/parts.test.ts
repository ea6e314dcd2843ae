import test from 'ava'
import { minutes } from '../../lib/duration.ts'
import type { ProcessCall } from '../../lib/testing.ts'
import type { World } from '../pipelines/world.ts'
import { testKilledAtSteps } from './killed-at-steps.ts'
import { RECORDS, settings, worldOf, wrongIn } from './pictures.ts'
import { type Fate, Process } from './process.ts'

/** A world whose store may lose uploads, as MinIO does when the request that completes one breaks off. */
const newWorld = (): Promise<World> => worldOf(undefined, 2, { losesUploads: true })

/** Steps of an object's life, from its first part to where it is put together after the commit. */
const isStep = ({ method, key }: ProcessCall): boolean =>
  /^(store|putStream)$/.test(method) || (method === 'put' && key.includes('/commits/'))

const partsIn = ({ store }: World): number =>
  store.objects().filter(({ key }) => key.includes('-part-')).length

test.serial('where uploads may be lost nothing that is committed is in one', async (t) => {
  const world = await newWorld()
  const completed: string[] = []
  const process = new Process(world, settings, ({ method, key }) => {
    if (/^(uploadPart|completeUpload)$/.test(method)) completed.push(key)
    return undefined
  })
  t.is(await process.over(), 'ended')
  t.deepEqual(
    completed.filter((key) => key.startsWith('pictures/pictures')),
    [],
  )
  t.deepEqual(wrongIn(world), [])
})

test.serial('parts are deleted as bundles are, when no record needs them any more', async (t) => {
  const world = await newWorld()
  const process = new Process(world, { ...settings, untilEnd: false })
  await world.clock.advance(minutes(2))
  process.kill()
  t.deepEqual(wrongIn(world), [])
  t.true(partsIn(world) < RECORDS / 2, `${partsIn(world)}`)
})

testKilledAtSteps('objects in parts', { newWorld, isStep, at: 'second', least: 3 })

for (const [title, fault] of [
  ['that fails', { before: 'fail' }],
  ['whose answer is lost', { after: 'fail' }],
] as readonly (readonly [string, Fate])[])
  test.serial(`an object ${title} as it is put together is put together again`, async (t) => {
    const world = await newWorld()
    let times = 0
    const process = new Process(world, settings, ({ method }) =>
      method === 'putStream' && times++ % 2 === 0 ? fault : undefined,
    )
    t.is(await process.over(), 'ended')
    t.true(times > RECORDS)
    t.deepEqual(wrongIn(world), [])
  })

test.serial('a part that is gone after its commit stops the run, and is named', async (t) => {
  const world = await newWorld()
  const { store } = world
  const process = new Process(world, settings, ({ method }) => {
    if (method !== 'putStream') return undefined
    const parts = store.objects().filter(({ key }) => key.includes('-part-'))
    return { before: () => store.delete(parts.map(({ key }) => key)) }
  })
  await t.throwsAsync(world.clock.run(process.summary), {
    code: 'corrupt',
    message: /-part-[0-9a-f]{16}\.bin of memory is gone, and what it holds is committed/,
  })
})
