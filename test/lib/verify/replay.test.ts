import test from 'ava'
import { bundlePrefix } from '../../../lib/commit/bundle.ts'
import { type CommitRecord, type LaneName, sha256 } from '../../../lib/commit/record.ts'
import { definePipeline, hours, minutes } from '../../../lib/index.ts'
import type { Pipeline } from '../../../lib/pipeline.ts'
import { parse, dedupe, eventTime } from '../../../operators/index.ts'
import { manyEpochs, worldOf } from '../../faults/scene.ts'
import { otherwise, runAgain } from '../../pipelines/again.ts'
import { TOPIC, type View, viewsPipeline } from '../../pipelines/views.ts'
import { append, newWorld, recordOf, runToEnd, type World } from '../../pipelines/world.ts'
import { forge, forgeObject, recordsOf } from './forgery.ts'

const lane = (partition: number, stage: 1 | 2 = 1, pipeline = 'views'): LaneName => ({
  pipeline,
  topic: TOPIC,
  partition,
  stage,
})

const pipeline = viewsPipeline()

/** A world in which the pipeline of views has ended, in many epochs. */
async function ended(records = 96): Promise<World> {
  const world = await worldOf({ records })
  await runToEnd(world, manyEpochs)
  return world
}

/** As a record was written before such things were recorded. */
const without = (record: CommitRecord, name: 'rejects' | 'rounds'): CommitRecord => ({
  ...record,
  recorded: Object.fromEntries(
    Object.entries(record.recorded).filter(([field]) => field !== name),
  ) as unknown as CommitRecord['recorded'],
})

const keyOf = async (
  { store }: World,
  of: LaneName,
  prefix: string,
): Promise<{ key: string; record: CommitRecord }> => {
  for (const record of await recordsOf(store, of))
    for (const { key, rows } of record.objects)
      if (record.kind === 'commit' && key.startsWith(prefix) && rows > 1) return { key, record }
  throw new Error(`nothing under ${prefix}`)
}

test('every epoch of every lane is run again', async (t) => {
  const report = await runAgain(await ended(), pipeline)
  t.deepEqual(report.findings, [])
  t.deepEqual(
    report.replay?.map(({ lane: label, epochs, records, objects, unchecked }) => [
      label,
      epochs,
      records,
      objects,
      unchecked,
    ]),
    report.lanes.map(({ lane: label, commits, records, objects }) => [
      label,
      commits,
      records,
      objects,
      [],
    ]),
  )
})

test('a row that was changed under hashes that fit is found, with its record', async (t) => {
  const world = await ended()
  const { key, record } = await keyOf(world, lane(0), 'raw/')
  let id = ''
  await forgeObject(world.store, lane(0), key, (text) => {
    const lines = text.split('\n')
    id = (JSON.parse(lines[1] as string) as View).id
    lines[1] = (lines[1] as string).replace(/"seconds":\d+/, '"seconds":4711')
    return lines.join('\n')
  })
  const [finding, ...others] = (await runAgain(world, pipeline)).findings
  t.deepEqual(others, [])
  t.is(finding?.where, `views-0 record ${record.index}`)
  t.true(finding?.what.startsWith(`object ${key}, row 2: it is `))
  t.regex(finding?.what ?? '', /"seconds":4711/)
  const offset = Number(/made of views-0@(\d+)$/.exec(finding?.what ?? '')?.[1])
  for await (const { records } of world.log.read(TOPIC, 0, offset, offset + 1))
    t.is((JSON.parse(String(records[0]?.bytes)) as View).id, id)
  t.regex(finding?.advice ?? '', /pipelines\/views\.ts.*may have changed since .*random/)
})

test('a row that was taken out under hashes that fit is found', async (t) => {
  const world = await ended()
  const { key, record } = await keyOf(world, lane(1), 'raw/')
  const fewer = (text: string): string => `${text.split('\n').slice(0, -2).join('\n')}\n`
  await forgeObject(world.store, lane(1), key, fewer)
  await forge(world.store, lane(1), (each) => ({
    ...each,
    objects: each.objects.map((object) =>
      object.key === key ? { ...object, rows: object.rows - 1 } : object,
    ),
  }))
  const [finding] = (await runAgain(world, pipeline)).findings
  t.is(finding?.where, `views-1 record ${record.index}`)
  t.regex(finding?.what ?? '', /: it is nothing; run again, its epoch comes to \{"id"/)
})

test('an aggregate that was changed under hashes that fit is found', async (t) => {
  const world = await ended()
  const { key, record } = await keyOf(world, lane(0, 2), 'totals/')
  await forgeObject(world.store, lane(0, 2), key, (text) =>
    text.replace(/"views":\d+/, '"views":4711'),
  )
  const findings = await otherwise(world, pipeline)
  t.is(findings.length, 1)
  t.true(
    findings[0]?.startsWith(
      `different views-0 merge record ${record.index}: object ${key}, row 1: it is`,
    ),
  )
  t.regex(findings[0] ?? '', /4711/)
})

test('a byte of the state that was changed under hashes that fit is found, with its operator', async (t) => {
  const world = await ended()
  const { store } = world
  const records = await recordsOf(store, lane(0))
  const segment = records.at(-1)?.state['dedupe/kept']?.at(-1)
  const { bundle, from, to } = segment!
  const [object] = store.objects(bundle)
  const bytes = Buffer.from(object!.bytes)
  bytes[to - 1] = (bytes[to - 1] as number) ^ 1
  await store.put(bundle, bytes)
  const hash = sha256(bytes.subarray(from, to))
  await forge(store, lane(0), (record) => ({
    ...record,
    state: Object.fromEntries(
      Object.entries(record.state).map(([id, all]) => [
        id,
        all.map((each) =>
          each.bundle === bundle && each.from === from ? { ...each, sha256: hash } : each,
        ),
      ]),
    ),
  }))
  const findings = await otherwise(world, pipeline)
  t.regex(findings[0] ?? '', /^different views-0 record \d+: state of dedupe\/kept: recorded is /)
})

test('a pipeline that does something else by now is told', async (t) => {
  const world = await newWorld(1)
  const withSeconds = (factor: number): Pipeline =>
    definePipeline('views', ({ kafka, s3 }) => {
      kafka({ topic: TOPIC })
        .through(parse<View>())
        .to(s3({ prefix: factor === 1 ? 'raw' : 'other' }))
    })
  const view = { id: 'a', at: 0, user: 'u', page: 'p', country: null, seconds: 1 }
  await append(world, [recordOf(view)])
  await runToEnd(world, { pipeline: withSeconds(1) })
  t.deepEqual(await otherwise(world, withSeconds(1)), [])
  const { findings } = await runAgain(world, withSeconds(2))
  t.true(findings.length > 0)
  t.true(findings.every(({ advice }) => advice.includes('pipelines/views.ts')))
})

test('what operators with other state would make of an epoch is not asked', async (t) => {
  const deduping = (within: number): Pipeline =>
    definePipeline('views', ({ kafka, s3 }) => {
      kafka({ topic: TOPIC })
        .through(parse<View>())
        .through(eventTime((view) => view.at, { outOfOrder: minutes(1) }))
        .through(dedupe((view) => view.id, { within: hours(within) }))
        .to(s3({ prefix: 'raw' }))
    })
  const world = await newWorld(1)
  await append(world, [
    recordOf({ id: 'a', at: 0, user: 'u', page: 'p', country: null, seconds: 1 }),
  ])
  await runToEnd(world, { pipeline: deduping(1) })
  t.deepEqual(await otherwise(world, deduping(2)), [
    'not checkable views-0: 1: the operators with state in pipelines/views.ts are others by now',
  ])
})

test('what cannot be built any more with the options of then is not checkable', async (t) => {
  const world = await ended()
  const broken: Pipeline = {
    ...pipeline,
    build() {
      throw new Error('no such dimension')
    },
  }
  const { findings, replay = [] } = await runAgain(world, broken)
  t.deepEqual(findings, [])
  for (const { epochs, unchecked } of replay) {
    t.is(epochs, 0)
    t.is(
      unchecked[0]?.reason,
      'pipelines/views.ts cannot be built by now with the options of then: no such dimension',
    )
  }
})

test('what the log has no more is not checkable, and what comes after it is, where nothing was remembered', async (t) => {
  const world = await worldOf({ partitions: 1, records: 60 })
  const rejecting = definePipeline('views', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC })
      .through(parse<View>())
      .to(s3({ prefix: 'raw' }))
    rejected.to(s3({ prefix: 'rejected' }))
  })
  await runToEnd(world, { ...manyEpochs, pipeline: rejecting })
  const records = await recordsOf(world.store, lane(0))
  const third = records.filter(({ kind }) => kind === 'commit')[2] as CommitRecord
  world.log.trim(TOPIC, 0, third.from)
  const report = await runAgain(world, rejecting)
  t.deepEqual(report.findings, [])
  const [{ epochs, unchecked } = { epochs: 0, unchecked: [] }] = report.replay ?? []
  t.deepEqual(unchecked, [
    {
      reason: `the log begins at offset ${third.from} by now`,
      epochs: 2,
      records: third.from,
      first: 2,
    },
  ])
  t.is(epochs, records.filter(({ kind }) => kind === 'commit').length - 2)
})

test('where the memory of a lane is not known any more, its epochs are not checkable', async (t) => {
  const world = await ended()
  const records = await recordsOf(world.store, lane(0))
  const commits = records.filter(({ kind }) => kind === 'commit')
  const third = commits[2] as CommitRecord
  world.log.trim(TOPIC, 0, third.from)
  const old = world.store
    .objects(bundlePrefix(lane(0)))
    .map(({ key }) => key)
    .filter((key) => !JSON.stringify(records.at(-1)).includes(key))
  await world.store.delete(old)
  const { findings, replay = [] } = await runAgain(world, pipeline)
  t.deepEqual(
    findings.filter(({ kind }) => kind === 'different'),
    [],
  )
  const unchecked = replay.find((each) => each.lane === 'views-0')?.unchecked ?? []
  t.true(unchecked.length > 0)
  t.true(unchecked.every(({ reason }) => /log begins|not known any more/.test(reason)))
})

test('a difference in what was written before rejects were recorded in their order is not held against it', async (t) => {
  const world = await ended()
  for (const each of [lane(0), lane(1)])
    await forge(world.store, each, (record) => without(record, 'rejects'))
  const { findings } = await runAgain(world, pipeline)
  t.deepEqual(findings, [])
})

test('what was merged before rounds were recorded is not checkable', async (t) => {
  const world = await ended()
  await forge(world.store, lane(0, 2), (record) => without(record, 'rounds'))
  const { findings, replay = [] } = await runAgain(world, pipeline)
  t.deepEqual(findings, [])
  const { unchecked = [] } = replay.find((each) => each.lane === 'views-0 merge') ?? {}
  t.deepEqual(
    unchecked.map(({ reason }) => reason),
    ['they were written before the rounds of merging were recorded'],
  )
})

test('running again writes nothing into the bucket', async (t) => {
  const world = await ended()
  const before = world.store.objects().map(({ key, bytes }) => [key, sha256(bytes)])
  await runAgain(world, pipeline)
  t.deepEqual(
    world.store.objects().map(({ key, bytes }) => [key, sha256(bytes)]),
    before,
  )
  t.is(world.store.openUploads, 0)
})
