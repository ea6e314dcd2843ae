import test from 'ava'
import { RecordedAnswers } from '../../lib/answers.ts'
import type { Call } from '../../lib/async-operator.ts'
import { seconds } from '../../lib/duration.ts'
import { definePipeline } from '../../lib/index.ts'
import { Barrier } from '../../lib/message.ts'
import type { Pipeline } from '../../lib/pipeline.ts'
import type { CommitRecord } from '../../lib/commit/record.ts'
import { at, feed, type VirtualClock } from '../../lib/testing.ts'
import { verify } from '../../lib/verify/verify.ts'
import { enrich, parse } from '../../operators/index.ts'
import { Process } from '../faults/process.ts'
import { chainsOf, problemsOf } from './audit.ts'
import { linesOf } from './contents.ts'
import { otherwise } from './again.ts'
import { append, newWorld, runToEnd, type World } from './world.ts'
import { TOPIC } from './views.ts'

interface Visit {
  readonly id: number
  readonly ip: string
}

interface Found extends Visit {
  readonly city: string
  readonly asked: number
}

type LookUp = (visit: Visit, call: Call) => Promise<Omit<Found, keyof Visit>>

/** Answers late, differently each time, and never for some. */
function moody(clock: VirtualClock): LookUp {
  let asked = 0
  return async ({ ip }, { signal }) => {
    asked++
    await clock.sleep(10 + (asked % 7), signal)
    if (ip === 'ip_3') throw new Error('no such address')
    return { city: `city of ${ip}`, asked }
  }
}

const found = (lookUp: LookUp) =>
  enrich(lookUp, { into: (visit, city): Found => ({ ...visit, ...city }), retries: 0 })

const pipelineOf = (lookUp: LookUp): Pipeline =>
  definePipeline('visits', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC, maxPollRecords: 10 })
      .through(parse<Visit>())
      .through(found(lookUp))
      .to(s3({ prefix: 'visits' }))
    rejected.to(s3({ prefix: 'rejected' }))
  })

const RECORDS = 120

async function worldOfVisits(): Promise<World> {
  const world = await newWorld(2, { batchRecords: 10 })
  const visits = Array.from({ length: RECORDS }, (_, id) => ({ id, ip: `ip_${id % 5}` }))
  await append(
    world,
    visits.map((visit) => ({ key: String(visit.id), value: JSON.stringify(visit) })),
  )
  return world
}

const often = { commitEvery: 5 }

const commitsOf = ({ store }: World): CommitRecord[] =>
  [...chainsOf(store).values()]
    .flat()
    .flatMap(({ record }) => (record.kind === 'commit' ? record : []))

const linesAt = ({ store }: World, key: string): string[] =>
  store.objects(key).flatMap(({ bytes }) => bytes.toString().trim().split('\n'))

/** Run one commit's epoch again, with the log and what its record says, and nothing else. */
async function runAgain({ log, store }: World, { lane, from, to, recorded }: CommitRecord) {
  const messages = []
  for await (const { records } of log.read(TOPIC, lane.partition, from, to))
    for (const { offset, bytes } of records)
      messages.push(at('09:00', bytes, { offset, bytes, partition: lane.partition }))
  const { bundle, from: start, to: end } = recorded.answers!['enrich']!
  const answers = new RecordedAnswers((await store.get(bundle, { from: start, to: end }))!)
  const parsed = await feed<Buffer | null>(...messages, new Barrier(0)).run(parse<Visit>())
  const nobody: LookUp = () => Promise.reject(new Error('there is nobody to ask'))
  const { values, rejected } = await feed<Visit>(...parsed.items).run(found(nobody), undefined, {
    answers,
  })
  return {
    rows: values.map((value) => JSON.stringify(value)),
    reasons: rejected.map(({ reason }) => reason),
  }
}

test('every epoch runs again by what its commit records, to the very rows and rejects', async (t) => {
  const world = await worldOfVisits()
  await runToEnd(world, { pipeline: pipelineOf(moody(world.clock)), ...often })
  const commits = commitsOf(world).filter(({ records }) => records > 0)
  t.true(commits.length > 4, `${commits.length} commits`)
  let rows = 0
  for (const commit of commits) {
    const again = await runAgain(world, commit)
    rows += again.rows.length
    const objects = commit.objects.filter(({ sink }) => sink === 'visits')
    t.deepEqual(
      again.rows,
      objects.flatMap(({ key }) => linesAt(world, key)),
    )
    const reasons = linesOf(world.store, 'rejected')
      .map((line) => JSON.parse(line) as { commit: number; partition: number; reason: string })
      .filter((row) => row.commit === commit.index && row.partition === commit.lane.partition)
      .map(({ reason }) => reason)
    t.deepEqual(again.reasons, reasons)
  }
  t.is(rows, RECORDS * 0.8)
  const nobody: LookUp = () => Promise.reject(new Error('there is nobody to ask'))
  t.deepEqual(await otherwise(world, pipelineOf(nobody)), [])
})

test('a process killed at any request loses and doubles no visit, and an epoch is as its commit says', async (t) => {
  const undisturbed = await worldOfVisits()
  const whole = new Process(undisturbed, {
    pipeline: pipelineOf(moody(undisturbed.clock)),
    ...often,
  })
  t.is(await whole.over(), 'ended')
  for (let fatal = 5; fatal < whole.calls; fatal += 3) {
    const world = await worldOfVisits()
    const settings = { pipeline: pipelineOf(moody(world.clock)), ...often }
    const process = new Process(world, settings, ({ number }) =>
      number === fatal ? 'killed after it is carried out' : undefined,
    )
    t.is(await process.over(), 'killed')
    await runToEnd(world, settings)
    const ids = linesOf(world.store, 'visits').map((line) => (JSON.parse(line) as Visit).id)
    t.deepEqual(
      ids.toSorted((a, b) => a - b),
      Array.from({ length: RECORDS }, (_, id) => id).filter((id) => id % 5 !== 3),
      `killed at request ${fatal} of ${whole.calls}`,
    )
    t.deepEqual(problemsOf(world.store), [])
    for (const commit of commitsOf(world).filter(({ records }) => records > 0))
      await t.notThrowsAsync(runAgain(world, commit))
  }
})

test('answers are kept when bundles are collected, and verify misses them when they are gone', async (t) => {
  const world = await worldOfVisits()
  const { log, store, clock } = world
  const stop = new AbortController()
  const endless = {
    pipeline: pipelineOf(moody(clock)),
    untilEnd: false,
    signal: stop.signal,
    ...often,
  }
  void clock.sleep(seconds(120)).then(() => stop.abort())
  await runToEnd(world, endless)
  const kept = commitsOf(world).flatMap(({ recorded }) => Object.values(recorded.answers ?? {}))
  t.true(kept.length > 4)
  t.true(
    store.objects('_sluice/').filter(({ key }) => key.includes('/bundles/')).length < kept.length,
  )
  for (const { bundle } of kept) t.truthy(await store.head(bundle), bundle)
  const audit = () => clock.run(verify({ pipeline: 'visits', log, store, clock }))
  t.deepEqual((await audit()).findings, [])
  await store.delete([kept[0]!.bundle])
  t.like((await audit()).findings, [{ kind: 'lost', where: kept[0]!.bundle }])
})

test('two that ask somebody outside need names of their own', async (t) => {
  const { clock } = await newWorld(1)
  const ask = moody(clock)
  const twice = definePipeline('twice', ({ kafka, s3 }) =>
    kafka({ topic: TOPIC })
      .through(parse<Visit>())
      .through(found(ask))
      .through(found(ask))
      .to(s3({ prefix: 'visits' })),
  )
  const world = await newWorld(1)
  await t.throwsAsync(runToEnd(world, { pipeline: twice }), {
    code: 'config',
    message: /two operators keep answers as 'enrich': give one a name of its own, as: '…'/,
  })
})
