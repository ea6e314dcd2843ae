import test from 'ava'
import { isTold, linesOf, readPlace } from '../../../../lib/cli/find.ts'
import { recordKey } from '../../../../lib/commit/chain.ts'
import type { LaneName } from '../../../../lib/commit/record.ts'
import type { SourceRecord } from '../../../../lib/message.ts'
import type { Log } from '../../../../lib/ports.ts'
import { SluiceError } from '../../../../lib/errors.ts'
import { definePipeline, rawBytes } from '../../../../lib/index.ts'
import type { Pipeline } from '../../../../lib/pipeline.ts'
import {
  memoryLog,
  type MemoryLog,
  type MemoryStore,
  memoryStore,
  virtualClock,
} from '../../../../lib/testing.ts'
import { declare, planForgetting } from '../../../../lib/verify/forget.ts'
import { find, type Findings, type FindOptions } from '../../../../lib/verify/trace/find.ts'
import { filter, map, parse } from '../../../../operators/index.ts'
import { append, run, twoRuns, views } from '../views.ts'

const clock = virtualClock()

const look = (
  { store, log }: { store: MemoryStore; log: Log },
  offset: number,
  options: Partial<FindOptions> = {},
): Promise<Findings> =>
  find({ topic: 'views', partition: 0, offset, store, log, clock, ...options })

/** With the pipeline at hand. */
const again = (pipeline: Pipeline = views): Pick<FindOptions, 'replay'> => ({
  replay: { pipelineOf: () => Promise.resolve(pipeline), scratch: memoryStore() },
})

const pathOf = ({ traces }: Findings, path: string) =>
  traces[0]!.paths.find((each) => each.path === path)!

async function recordsOf(log: MemoryLog, partition: number): Promise<SourceRecord[]> {
  const all: SourceRecord[] = []
  for await (const { records } of log.read('views', partition, 0, 200)) all.push(...records)
  return all
}

test('every record is found in one row of each sink, or with its reason, and no two in the same row', async (t) => {
  const world = await twoRuns()
  const seen = new Set<string>()
  for (const partition of [0, 1])
    for (const { offset, bytes } of await recordsOf(world.log, partition)) {
      const found = await look(world, offset, { partition, ...again() })
      t.is(found.traces[0]!.by, 'replay')
      t.true(isTold(found))
      for (const sink of ['raw', 'lines']) {
        const { fate, places, operator } = pathOf(found, sink)
        const [place] = places
        t.is(places.length, 1)
        t.is(place!.rows.length, 1)
        t.false(place!.altered ?? false)
        if (bytes!.toString() === '{') t.deepEqual([fate, operator], ['rejected', 'parse'])
        else t.deepEqual([fate, place!.text], ['kept', bytes!.toString()])
        const row = `${sink} ${place!.key} ${place!.rows[0]} of ${partition}`
        t.false(seen.has(row), row)
        seen.add(row)
      }
    }
})

test('where a row stands in its object is told in bytes', async (t) => {
  const world = await twoRuns()
  const [record] = (await recordsOf(world.log, 0)).slice(4)
  const [place] = pathOf(await look(world, record!.offset, again()), 'raw').places
  const [object] = world.store.objects(place!.key)
  t.deepEqual(object!.bytes.subarray(...place!.bytes!), record!.bytes)
})

test('what was added up, dropped or rejected on the way to an exchange is told', async (t) => {
  const world = await twoRuns()
  const records = await recordsOf(world.log, 1)
  const reduced = async (offset: number) =>
    pathOf(await look(world, offset, { partition: 1, ...again() }), 'reduce')
  t.like(await reduced(5), { fate: 'aggregated' })
  const guids = records.map(({ bytes }) => /guid-\d+/.exec(bytes!.toString())?.[0])
  const duplicate = guids.findIndex((guid, i) => guid && guids.indexOf(guid) < i)
  t.like(await reduced(records[duplicate]!.offset), { fate: 'dropped', operator: 'dedupe' })
  const malformed = records.find(({ bytes }) => bytes!.toString() === '{')!
  const refused = await reduced(malformed.offset)
  t.like(refused, { fate: 'rejected', operator: 'parse' })
  t.regex(refused.reason!, /^malformed JSON/)
  t.like(refused.places, [{ sink: 'rejected', rows: [1] }])
})

test('of a record that became several, each is told', async (t) => {
  const world = { log: memoryLog(), store: memoryStore() }
  await world.log.create('views', 1)
  const producer = await world.log.producer('views')
  await producer.append([
    { key: null, value: '{"n":1}' },
    { key: null, value: '{"n":1}\n{"n":2}\n{"n":\n{"n":-4}\n{"n":0}\n{"n":5}' },
  ])
  const several = definePipeline('views', ({ kafka, s3, rejected }) => {
    kafka({ topic: 'views' })
      .through(parse<{ n: number }>({ format: 'ndjson' }))
      .through(filter(({ n }) => n > 0))
      .through(map(({ n }) => ({ twice: n * 2 })))
      .to(s3({ prefix: 'made' }))
    rejected.to(s3({ prefix: 'rejected' }))
  })
  await run(world.log, world.store, Infinity, undefined, several)
  const found = await look(world, 1, again(several))
  const [rejection = '', ...lines] = linesOf(found).slice(2)
  t.is(rejection, '  made: rejected by parse: malformed JSON: line 3: Unexpected end of JSON input')
  t.regex(lines.shift() ?? '', /^    row 1, bytes 0 to \d+, of rejected\//)
  t.regex(lines.shift() ?? '', /^      \{"operator":"parse".*"index":2,/)
  t.deepEqual(lines, [
    '  made: dropped by filter, 2 of its events',
    '  made: kept',
    '    row 2, bytes 12 to 23, of made/views+0+0000000000.jsonl',
    '      {"twice":2}',
    '    row 3, bytes 24 to 35, of made/views+0+0000000000.jsonl',
    '      {"twice":4}',
    '    row 4, bytes 36 to 48, of made/views+0+0000000000.jsonl',
    '      {"twice":10}',
    '  exact: its epoch was run again',
  ])
  t.true(isTold(found))
})

test('a row of raw bytes that hold their separator is told by its number', async (t) => {
  const world = { log: memoryLog(), store: memoryStore() }
  await world.log.create('views', 1)
  const producer = await world.log.producer('views')
  await producer.append(['a', 'b\nc', 'd'].map((value) => ({ key: null, value })))
  const raw = definePipeline('views', ({ kafka, s3 }) => {
    kafka({ topic: 'views' }).to(s3({ prefix: 'raw', format: rawBytes({ separator: '\n' }) }))
  })
  await run(world.log, world.store, Infinity, undefined, raw)
  for (const replay of [again(raw), {}]) {
    const found = await look(world, 2, replay)
    const [place] = pathOf(found, 'raw').places
    t.deepEqual(place?.rows, [3])
    t.is(place?.bytes, undefined)
    t.is(place?.altered, undefined)
  }
})

test('a row in the place of which another one stands by now is told', async (t) => {
  const world = await twoRuns()
  const key = 'raw/page=page-0/views+0+0000000000.json'
  const [object] = world.store.objects(key)
  const rows = object!.bytes.toString().split(',\n')
  const swapped = rows.with(2, rows[3]!).with(3, rows[2]!).join(',\n')
  await world.store.put(key, Buffer.from(swapped), { metadata: object!.metadata })
  // every third record is one of this page
  for (const [offset, isAltered] of [
    [3, false],
    [6, true],
    [9, true],
    [12, false],
  ] as const) {
    const found = await look(world, offset, again())
    t.like(pathOf(found, 'raw').places, [{ key, rows: [offset / 3 + 1] }])
    const told = linesOf(found).filter((line) => line.includes('holds something else there now'))
    t.is(told.length, isAltered ? 1 : 0)
  }
})

test('without the pipeline a record is told by what rows hold, and that is said', async (t) => {
  const world = await twoRuns()
  t.like(pathOf(await look(world, 199), 'reduce'), { fate: 'aggregated' })
  const either = await look(world, 5, { partition: 1 })
  t.like(pathOf(either, 'reduce'), { fate: 'unknown', either: ['aggregated', 'dropped by dedupe'] })
  t.false(isTold(either))
  const [record] = (await recordsOf(world.log, 1)).slice(5)
  t.like(pathOf(either, 'raw').places, [{ text: record!.bytes!.toString() }])
  t.is(linesOf(either).at(-1), '  told by what rows hold')
})

test('a pipeline that stops when it runs again is told', async (t) => {
  const world = { log: memoryLog(), store: memoryStore() }
  await world.log.create('views', 1)
  await append(world.log, 0, 1)
  const refusing = (taken: boolean): Pipeline =>
    definePipeline('views', ({ kafka, s3, rejected }) => {
      kafka({ topic: 'views' })
        .through(parse<{ at: number }>())
        .through(map(({ at }) => (taken ? at : missing())))
        .to(s3({ prefix: 'raw' }))
      if (taken) rejected.to(s3({ prefix: 'rejected' }))
    })
  const missing = (): number => {
    throw new TypeError('no time')
  }
  await run(world.log, world.store, Infinity, undefined, refusing(true))
  const { by, why } = (await look(world, 0, again(refusing(false)))).traces[0]!
  t.is(by, 'likeness')
  t.regex(why ?? '', /^run again, its epoch stops: map rejected views-0@0 .*no time/)
})

const otherPipeline = (prefix: string): Pipeline =>
  definePipeline('views', ({ kafka, s3, rejected }) => {
    kafka({ topic: 'views' }).through(parse()).to(s3({ prefix }))
    rejected.to(s3({ prefix: 'rejected' }))
  })

test('where the epoch cannot be run again, or comes to something else, that is told', async (t) => {
  const world = await twoRuns()
  const why = async (
    pipelineOf: Pipeline | undefined | (() => Promise<Pipeline>),
  ): Promise<string> => {
    const replay = {
      pipelineOf: typeof pipelineOf === 'function' ? pipelineOf : () => Promise.resolve(pipelineOf),
      scratch: memoryStore(),
    }
    const { by, why = '' } = (await look(world, 5, { replay })).traces[0]!
    t.is(by, 'likeness')
    return why
  }
  t.is(await why(undefined), 'there is no pipelines/views.ts')
  const broken = new SluiceError('config', 'cannot load it')
  t.is(await why(() => Promise.reject(broken)), 'cannot load it')
  t.is(
    await why({
      ...views,
      build: () => {
        throw broken
      },
    }),
    'cannot load it',
  )
  t.is(
    await why(otherPipeline('raw')),
    'the operators with state in pipelines/views.ts are others by now',
  )
  const stateless = { log: world.log, store: memoryStore() }
  await run(stateless.log, stateless.store, Infinity, undefined, otherPipeline('raw'))
  const found = await look(stateless, 5, again(otherPipeline('elsewhere')))
  t.regex(
    found.traces[0]!.why ?? '',
    /^run again, its epoch comes to another fates \w+ than its record says: pipelines\/views.ts may have changed since /,
  )
})

test('a record of an open object is found in its rows', async (t) => {
  const found = await look(await twoRuns(), 199, again())
  t.like(pathOf(found, 'lines').places, [{ state: 'open', key: 'lines/', rows: [5] }])
})

test('a record that is not read yet, and one that the log does not have, are told', async (t) => {
  const world = await twoRuns()
  await append(world.log, 400, 402)
  const unread = await look(world, 200)
  t.like(unread, { log: { state: 'there' }, traces: [{ state: 'unread', to: 200 }] })
  t.is(linesOf(unread).at(-1), 'views: not read yet, it has read up to offset 200')
  t.like(await look(world, 500), { log: { state: 'later' } })
  t.false(isTold(unread))
})

test('a record that the log has no more is named by its commit and the objects that can hold it', async (t) => {
  const world = await twoRuns()
  world.log.trim('views', 0, 50)
  const found = await look(world, 10)
  t.is(found.log.state, 'gone')
  t.is(found.traces[0]!.commit?.index, 2)
  const { fate, places } = pathOf(found, 'raw')
  t.is(fate, 'kept')
  t.false(isTold(found))
  t.true(places.length > 0 && places.every(({ rows }) => rows.length === 0))
})

test('what was deleted on purpose is told with its reason, and what is missing as missing', async (t) => {
  const world = await twoRuns()
  const before = pathOf(await look(world, 0), 'raw').places[0]!.key
  await world.store.delete([before])
  const missing = pathOf(await look(world, 0), 'raw')
  t.true(missing.places.some(({ key, state }) => key === before && state === 'missing'))
  const plan = await planForgetting({
    pipeline: 'views',
    prefix: before,
    reason: 'by request',
    by: 'a',
    store: world.store,
    clock,
  })
  await declare(plan, world.store, clock)
  const lines = linesOf(await look(world, 0))
  t.true(lines.includes(`    row 1 of ${before}, which was deleted on purpose: by request`))
})

test('of an object that is committed and not visible yet, the row is found in what will be', async (t) => {
  const world = await twoRuns()
  const lane: LaneName = { pipeline: 'views', topic: 'views', partition: 0, stage: 1 }
  await world.store.delete([recordKey(lane, 6)])
  const [place] = pathOf(await look(world, 199), 'raw').places
  await world.store.delete([place!.key])
  t.like(pathOf(await look(world, 199), 'raw').places, [{ ...place, state: 'pending' }])
})

test('a partition that nobody has read is no answer', async (t) => {
  const world = await twoRuns()
  await t.throwsAsync(look(world, 0, { partition: 7 }), {
    message: 'no pipeline has read views-7 in memory; there are: views',
  })
  await t.throwsAsync(look(world, 0, { pipeline: 'clicks' }), {
    message: 'no pipeline clicks has read views-0 in memory; there are: views',
  })
})

test('a record is named with a slash, or as messages name it', (t) => {
  const place = { topic: 'page-views', partition: 3, offset: 12 }
  t.deepEqual(readPlace('page-views/3@12'), place)
  t.deepEqual(readPlace('page-views-3@12'), place)
  for (const text of ['views', 'views@3', 'views/x@3', 'a/b/1@2', 'views/1@', '/1@2'])
    t.throws(() => readPlace(text), { code: 'config' }, text)
})
