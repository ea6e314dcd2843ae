import test from 'ava'
import type { Log } from '../../../lib/ports.ts'
import { type Report, verify } from '../../../lib/verify/verify.ts'
import { linesOf } from '../../../lib/cli/verify-report.ts'
import { Process } from '../../faults/process.ts'
import { manyEpochs, worldOf } from '../../faults/scene.ts'
import { COPIES, PRODUCED, producingPipeline, recordsIn } from '../../pipelines/produced.ts'
import { runToEnd, type World } from '../../pipelines/world.ts'

const settings = { ...manyEpochs, pipeline: producingPipeline() }

async function worldWithTopics(): Promise<World> {
  const world = await worldOf()
  for (const topic of PRODUCED) await world.log.create(topic, 2)
  return world
}

async function producedWorld(): Promise<World> {
  const world = await worldWithTopics()
  await runToEnd(world, settings)
  return world
}

const report = ({ store, clock, log }: World, other: Log = log): Promise<Report> =>
  verify({ pipeline: 'relay', store, clock, log: other })

const copiesOf = ({ topics = [] }: Report) => topics.find(({ topic }) => topic === COPIES)

test('every message of every commit is found in its topic', async (t) => {
  const world = await producedWorld()
  const found = await report(world)
  t.deepEqual(found.findings, [])
  t.deepEqual(
    found.topics?.map(({ topic }) => topic),
    PRODUCED.toSorted(),
  )
  const messages = (await recordsIn(world.log, COPIES)).length
  t.deepEqual(copiesOf(found), {
    topic: COPIES,
    messages,
    found: messages,
    repeats: 0,
    pending: 0,
    gone: 0,
  })
  t.true(linesOf(found).includes(`topic ${COPIES}: ${messages} of ${messages} messages found`))
})

test('repeats are counted, and are no fault', async (t) => {
  const world = await worldWithTopics()
  await new Process(world, settings, ({ method, number }) =>
    method === 'append' && number % 2 === 0 ? { after: 'fail' } : undefined,
  ).over()
  const found = await report(world)
  t.deepEqual(found.findings, [])
  t.true((copiesOf(found)?.repeats ?? 0) > 0)
})

test('messages that a killed process has not produced are pending, and their bytes are proved', async (t) => {
  const world = await worldWithTopics()
  await new Process(world, settings, ({ method, key }) =>
    method === 'append' && key === COPIES ? 'killed before it is carried out' : undefined,
  ).over()
  const found = await report(world)
  t.deepEqual(found.findings, [])
  t.true((copiesOf(found)?.pending ?? 0) > 0)
  const [bundle] = world.store.objects('_sluice/').filter(({ key }) => key.includes('/bundles/'))
  await world.store.put(bundle!.key, Buffer.alloc(bundle!.bytes.length))
  const { findings } = await report(world)
  t.true(findings.some(({ what }) => /messages of record \d+ for topic/.test(what)))
})

test('a topic that was made anew has lost its messages', async (t) => {
  const world = await producedWorld()
  await world.log.create('empty', 2)
  const empty: Log = {
    ...world.log,
    ranges: (topic) => world.log.ranges(topic === COPIES ? 'empty' : topic),
    read: (topic, ...rest) => world.log.read(topic === COPIES ? 'empty' : topic, ...rest),
  }
  const { findings } = await report(world, empty)
  t.true(findings.length > 0)
  for (const { kind, what } of findings) {
    t.is(kind, 'lost')
    t.regex(what, /^topic copies holds 0 of its \d+ messages$/)
  }
})

test('what retention has taken away is not checkable', async (t) => {
  const world = await producedWorld()
  world.log.trim(COPIES, 0, 5)
  const found = await report(world)
  t.deepEqual(found.findings, [])
  t.is(copiesOf(found)?.gone, 5)
})

test('messages under marks that no commit has given are found out', async (t) => {
  const world = await producedWorld()
  const newest = (await recordsIn(world.log, COPIES)).at(-1)
  const headers = Object.fromEntries(
    Object.entries(newest!.headers!).map(([name, value]) => [name, value.toString()]),
  )
  const producer = await world.log.producer(COPIES)
  const forged = { ...headers, 'sluice-ordinal': '99' }
  await producer.append([{ key: null, value: 'x', headers: forged, partition: 1 }])
  const kinds = (await report(world)).findings.map(({ kind }) => kind)
  t.true(kinds.includes('doubled'), kinds.join())
})
