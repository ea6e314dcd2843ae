import test from 'ava'
import { sha256 } from '../../lib/commit/record.ts'
import {
  byField,
  definePipeline,
  hourly,
  hours,
  minutes,
  nested,
  rawBytes,
  template,
} from '../../lib/index.ts'
import type { NewRecord } from '../../lib/ports.ts'
import { runPipeline } from '../../lib/run/run.ts'
import type { Rotation } from '../../lib/s3/rotation.ts'
import { eventTime, parse, validate } from '../../operators/index.ts'
import { problemsOf } from './audit.ts'
import { inputOf } from './input.ts'
import { TOPIC, view } from './views.ts'
import { append, newWorld, recordOf, runToEnd, settings, type World } from './world.ts'

const archive = (rotate: Rotation) =>
  definePipeline('archive', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC })
      .through(parse())
      .through(validate(view))
      .through(eventTime((event) => event.at, { outOfOrder: minutes(1), future: hours(1e6) }))
      .to(s3({ prefix: 'raw', partitionBy: nested(byField('page'), hourly()), rotate }))
    rejected.to(s3({ prefix: 'rejected' }))
  })

/** Every raw object: its key, what its metadata says, the hash of its bytes. */
const objectsOf = ({ store }: World) =>
  store.objects('raw').map(({ key, bytes, metadata }) => {
    const { 'sluice-commit': _, ...facts } = metadata
    return { key, ...facts, sha256: sha256(bytes) }
  })

const rotations: readonly Rotation[] = [
  { records: 7 },
  { bytes: 700 },
  { span: minutes(10) },
  { watermark: hours(1) },
  { maxOpen: 3 },
  { span: minutes(30), records: 5, watermark: minutes(30), maxOpen: 5 },
]

for (const rotate of rotations)
  test(`rotate: ${JSON.stringify(rotate)} makes the same objects, however epochs end`, async (t) => {
    const input = inputOf({ seed: 21, records: 400, late: 0.1, bad: 0.05 })
    const finished: Record<string, number>[] = []
    const all = await Promise.all(
      [{ commitEvery: 0 }, { commitEvery: hours(1) }].map(async (settings, i) => {
        const world = await newWorld(2, { batchRecords: i === 0 ? 5 : 500 })
        await append(world, input)
        const summary = await runToEnd(world, { pipeline: archive(rotate), ...settings })
        finished.push({ ...summary.finished })
        t.deepEqual(problemsOf(world.store), [])
        return objectsOf(world)
      }),
    )
    t.deepEqual(all[0], all[1])
    t.true((all[0]?.length ?? 0) > 10)
    const [reason = ''] = Object.keys(rotate)
    const word = { records: 'count', bytes: 'size', maxOpen: 'evicted' }[reason] ?? reason
    t.true((finished[0]?.[word] ?? 0) > 0)
  })

test('an object whose hour the watermark has passed is finished at the next commit, though no row comes for its folder', async (t) => {
  const world = await newWorld(1)
  const visit = (id: string, page: string, at: number): NewRecord =>
    recordOf({ id, at, user: 'u', page, country: null, seconds: 1 })
  const stop = new AbortController()
  const pipeline = archive({ watermark: hours(1) })
  const run = runPipeline(settings(world, { pipeline, untilEnd: false, signal: stop.signal }))
  const start = world.clock.now()
  await append(world, [visit('a', 'p', start)])
  await world.clock.advance(minutes(1))
  t.is(world.store.objects('raw/').length, 0)
  await append(world, [visit('b', 'q', start + hours(2))])
  // the watermark is never above the newest timestamp of a record
  await world.clock.advance(hours(2))
  await append(world, [visit('c', 'q', start + hours(2))])
  await world.clock.advance(minutes(1))
  t.deepEqual(
    world.store.objects('raw/').map(({ metadata }) => metadata['sluice-because']),
    ['watermark'],
  )
  stop.abort()
  await world.clock.run(run)
})

test('a name may hold what only its finished object knows', async (t) => {
  const world = await newWorld(1, { batchRecords: 5 })
  await append(world, inputOf({ seed: 22, records: 100, bad: 0, late: 0, duplicates: 0 }))
  const pipeline = definePipeline('archive', ({ kafka, s3 }) =>
    kafka({ topic: TOPIC }).to(
      s3({
        prefix: 'raw',
        format: rawBytes({ separator: '\n' }),
        name: template('{first:4}-{last:4}-{count}-{partition}.{extension}'),
        rotate: { records: 40 },
      }),
    ),
  )
  await runToEnd(world, { pipeline, commitEvery: 0 })
  t.deepEqual(
    world.store.objects('raw').map(({ key }) => key),
    ['raw/0000-0039-40-0.bin', 'raw/0040-0079-40-0.bin', 'raw/0080-0099-20-0.bin'],
  )
  t.deepEqual(problemsOf(world.store), [])
})
