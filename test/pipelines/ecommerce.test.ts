import { readFileSync } from 'node:fs'
import test from 'ava'
import { instanceName } from '../../lib/commit/instance.ts'
import { Events } from '../../lib/generator/events.ts'
import { runPipeline } from '../../lib/run/run.ts'
import { memoryFiles, memoryLog, memoryStore, virtualClock } from '../../lib/testing.ts'
import { verify } from '../../lib/verify/verify.ts'
import ecommerce from '../../pipelines/ecommerce.ts'
import schema from '../../pipelines/ecommerce.generator.ts'
import { checkEcommerce } from '../support/checker/check.ts'
import type { LogRecord, Settings } from '../support/checker/world.ts'
import { settings } from './world.ts'

const TOPIC = 'ecommerce-events'
const REGIONS = readFileSync('pipelines/ecommerce.regions.csv', 'utf8')

const plan = { schema, events: 3_000, seed: 5, duplicates: 0.05, late: 0.02, malformed: 0.02 }

async function* recordsOf(log: ReturnType<typeof memoryLog>): AsyncGenerator<LogRecord> {
  for (const { partition, high } of (await log.ranges(TOPIC)) ?? [])
    for await (const { records } of log.read(TOPIC, partition, 0, high))
      for (const record of records) yield { ...record, value: record.bytes }
}

/** Run it on generated events, and hold what it left against the log. */
async function checked(dimensions: Settings['dimensions']) {
  const clock = virtualClock('2026-01-01T00:00:00Z')
  const log = memoryLog({ clock })
  const store = memoryStore()
  await log.create(TOPIC, 2)
  const producer = await log.producer(TOPIC)
  await producer.append(new Events(plan).take(plan.events))
  const { files } = memoryFiles({ 'ecommerce.regions.csv': REGIONS })
  const world = { clock, log, store }
  const options = { pipeline: ecommerce, values: { dimensions }, files, commitEvery: 50 }
  await clock.run(runPipeline(settings(world, options)))
  const outcome = await checkEcommerce(recordsOf(log), store.objects(), { dimensions })
  const rows = store
    .objects('aggregates/')
    .flatMap(({ bytes }) => JSON.parse(bytes.toString()) as { dimension: string }[])
  return { ...outcome, dimensions: new Set(rows.map(({ dimension }) => dimension)) }
}

const five = ['country', 'device_type', 'action', 'page', 'category']

for (const [dimensions, names] of [
  ['single', five],
  ['joined', [five.join(',')]],
  ['region', [...five, 'region']],
] as const)
  test(`with --dimensions ${dimensions} its results are those of an independent computation`, async (t) => {
    const outcome = await checked(dimensions)
    t.deepEqual(outcome.complaints, [])
    t.true(outcome.valid > 2_000 && outcome.rejected > 20 && outcome.aggregates > 100)
    t.deepEqual([...outcome.dimensions].toSorted(), [...names].toSorted())
  })

test('on several topics its objects never meet, and nothing is lost', async (t) => {
  const clock = virtualClock('2026-01-01T00:00:00Z')
  const log = memoryLog({ clock })
  const store = memoryStore()
  const topics = ['web', 'app']
  for (const [i, topic] of topics.entries()) {
    await log.create(topic, 2)
    const producer = await log.producer(topic)
    await producer.append(new Events({ ...plan, events: 500, seed: i }).take(500))
  }
  const world = { clock, log, store }
  await clock.run(runPipeline(settings(world, { pipeline: ecommerce, topics, commitEvery: 50 })))
  const pipeline = instanceName(ecommerce.name, ['ecommerce-events'], topics)
  t.deepEqual((await verify({ pipeline, store, log, clock })).findings, [])
  for (const [prefix, name] of [
    ['raw-json', /\/events_[\dTZ-]+_[0-9a-f]+-(web|app)-[01]-\d+-\d+\.json$/],
    ['rejected', /\/rejected_[0-9a-f]+-(web|app)-[01]-\d+-\d+\.jsonl$/],
  ] as const) {
    const found = store.objects(`${prefix}/`).map(({ key }) => name.exec(key)?.[1] ?? key)
    t.deepEqual([...new Set(found)].toSorted(), ['app', 'web'])
  }
})

test('every country that is generated has a region', (t) => {
  const countries = REGIONS.trim().split('\n').slice(1)
  t.is(schema.columns.find(({ name }) => name === 'country')?.cardinality, countries.length)
})
