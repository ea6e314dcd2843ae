import test from 'ava'
import { examine } from '../../lib/doctor/doctor.ts'
import { days, hours } from '../../lib/duration.ts'
import type { World } from '../pipelines/world.ts'
import { settings, worldOf, wrongIn } from './pictures.ts'
import { Process } from './process.ts'

const findingsIn = async (world: World) =>
  (await world.clock.run(examine({ pipeline: 'pictures', olderThan: days(1), ...world }))).findings

/** A world in which a process was killed between its first commit and the publishing of it, half a day ago. */
async function interrupted(): Promise<World> {
  const world = await worldOf({}, 1)
  const process = new Process(world, settings, ({ method }) =>
    method === 'completeUpload' ? 'killed before it is carried out' : undefined,
  )
  await process.over()
  await world.clock.advance(hours(12))
  return world
}

test('objects that have waited in uploads since yesterday are told when a run begins, and by the doctor', async (t) => {
  const world = await interrupted()
  const [finding] = (await findingsIn(world)).filter(({ kind }) => kind === 'unpublished')
  t.like(finding, { where: 'pictures/views+0+0000000000.jsonl' })
  t.regex(finding!.what, /record 2, one of 1, offsets 0 to 0\) and not visible yet; its upload is/)
  const process = new Process(world, settings)
  await process.over()
  t.regex(
    process.notes.join('\n'),
    /^views-0: 1 objects were committed at 2024-01-01T.* and are not visible yet, such as pictures\/views\+0\+0000000000\.jsonl: /m,
  )
  t.deepEqual(wrongIn(world), [])
  const again = new Process(world, settings)
  await again.over()
  t.notRegex(again.notes.join('\n'), /not visible/)
  t.deepEqual(await findingsIn(world), [])
})

test('a record found claimed again and again is as old as its commit', async (t) => {
  const world = await interrupted()
  for (let claims = 0; claims < 3; claims++) {
    const process = new Process(world, settings, ({ method }) =>
      method === 'completeUpload' ? 'killed before it is carried out' : undefined,
    )
    await process.over()
    t.regex(process.notes.join('\n'), /were committed at 2024-01-01T12:00:0/)
    await world.clock.advance(hours(12))
  }
  const [finding] = (await findingsIn(world)).filter(({ kind }) => kind === 'unpublished')
  t.is(Math.floor(finding!.since! / days(1)), Date.parse('2024-01-01') / days(1))
})

test('while nothing becomes visible, a run says so every hour', async (t) => {
  const world = await worldOf({}, 1)
  const until = world.clock.now() + hours(3.5)
  const process = new Process(world, settings, ({ method }) =>
    method === 'completeUpload' && world.clock.now() < until ? { before: 'fail' } : undefined,
  )
  await process.over()
  t.is(process.notes.filter((note) => /committed and not visible yet/.test(note)).length, 3)
  t.deepEqual(wrongIn(world), [])
})

test('the doctor names key and offsets of what is lost with its upload', async (t) => {
  const world = await interrupted()
  for await (const { key, uploadId } of world.store.uploads('pictures/'))
    await world.store.abortUpload(key, uploadId)
  const [finding, ...others] = (await findingsIn(world)).filter(
    ({ kind }) => kind === 'lost upload',
  )
  t.deepEqual(others, [])
  t.like(finding, { where: 'pictures/views+0+0000000000.jsonl' })
  t.regex(finding!.what, /views-0 record 2, offsets 0 to 0\) and not visible, and its upload was/)
})
