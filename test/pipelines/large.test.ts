import test from 'ava'
import { definePipeline, jsonArray, rawBytes } from '../../lib/index.ts'
import type { NewRecord } from '../../lib/ports.ts'
import type { Pipeline } from '../../lib/pipeline.ts'
import type { Format } from '../../lib/s3/format/format.ts'
import type { Rotation } from '../../lib/s3/rotation.ts'
import { parse } from '../../operators/index.ts'
import { Process } from '../faults/process.ts'
import { problemsOf } from './audit.ts'
import { TOPIC } from './views.ts'
import { append, newWorld, runToEnd, type World } from './world.ts'

const MB = 1024 * 1024

/** Everything into one object, for as long as it may grow. */
const archive = (rotate?: Rotation, format: Format<unknown> = jsonArray()): Pipeline =>
  definePipeline('archive', ({ kafka, s3 }) => {
    kafka({ topic: TOPIC })
      .through(parse())
      .to(s3({ prefix: 'raw', format, ...(rotate && { rotate }) }))
  })

const largeRecords = (count: number, size: number): NewRecord[] =>
  Array.from({ length: count }, (_, n) => ({
    key: null,
    value: JSON.stringify({ n, filler: 'x'.repeat(size) }),
    partition: 0,
  }))

async function worldOf(count: number, size: number): Promise<World> {
  const world = await newWorld(1, { batchRecords: 4 })
  await append(world, largeRecords(count, size))
  return world
}

/** The numbers of the rows of each object, in the order of the objects. */
const rowsOf = ({ store }: World): number[][] =>
  store
    .objects('raw/')
    .map(({ bytes }) => (JSON.parse(bytes.toString()) as { n: number }[]).map(({ n }) => n))

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

test('a large object goes up in parts while it grows, and is seen when it is whole', async (t) => {
  const world = await worldOf(60, 0.4 * MB)
  await runToEnd(world, { pipeline: archive(), memory: 256 * MB })
  t.deepEqual(rowsOf(world), [upTo(60)])
  t.is(world.store.openUploads, 0)
  t.deepEqual(problemsOf(world.store), [])
})

test('an object whose rows come out as whole parts ends with the last of them', async (t) => {
  const world = await newWorld(1)
  const part = Buffer.alloc(8 * MB, '1')
  await append(world, [
    { key: null, value: part },
    { key: null, value: part },
  ])
  const pipeline = definePipeline('bytes', ({ kafka, s3 }) =>
    kafka({ topic: TOPIC }).to(s3({ prefix: 'raw', format: rawBytes() })),
  )
  await runToEnd(world, { pipeline, memory: 256 * MB })
  const [object] = world.store.objects('raw/')
  t.true(object?.bytes.equals(Buffer.concat([part, part])))
  t.deepEqual(problemsOf(world.store), [])
})

test('a large object that was carried is read back, and goes up when it is finished', async (t) => {
  const world = await worldOf(60, 0.4 * MB)
  const pipeline = archive({ bytes: 20 * MB })
  await runToEnd(world, { pipeline, memory: 256 * MB, commitEvery: 0 })
  const [first = [], second = []] = rowsOf(world)
  t.deepEqual([...first, ...second], upTo(60))
  const [object] = world.store.objects('raw/')
  t.true((object?.bytes.length ?? 0) <= 20 * MB && (object?.bytes.length ?? 0) > 19 * MB)
  t.is(world.store.openUploads, 0)
  t.deepEqual(problemsOf(world.store), [])
})

test('a small budget ends epochs early, and nothing is lost', async (t) => {
  const world = await worldOf(60, 0.4 * MB)
  let commits = 0
  await runToEnd(world, {
    pipeline: archive(),
    memory: 16 * MB,
    events: { committed: ({ kind }) => kind === 'commit' && commits++ },
  })
  t.true(commits >= 4, `${commits}`)
  t.deepEqual(
    rowsOf(world)
      .flat()
      .toSorted((a, b) => a - b),
    upTo(60),
  )
  t.deepEqual(problemsOf(world.store), [])
})

for (const rotate of [undefined, { bytes: 9 * MB }])
  test.serial(
    `a process that is killed while large objects go up loses and doubles nothing, ${rotate ? 'carried' : 'growing'}`,
    async (t) => {
      const settings = {
        pipeline: archive(rotate),
        memory: 256 * MB,
        ...(rotate && { commitEvery: 0 }),
      }
      const undisturbed = new Process(await worldOf(22, MB), settings)
      await undisturbed.over()
      t.true(undisturbed.calls > 9)
      for (let fatal = 3; fatal <= undisturbed.calls; fatal += rotate ? 15 : 2) {
        const world = await worldOf(22, MB)
        const process = new Process(world, settings, ({ number }) =>
          number === fatal ? 'killed after it is carried out' : undefined,
        )
        await process.over()
        await runToEnd(world, settings)
        t.deepEqual(
          rowsOf(world)
            .flat()
            .toSorted((a, b) => a - b),
          upTo(22),
          `killed at request ${fatal}`,
        )
        t.deepEqual(problemsOf(world.store), [])
      }
    },
  )
