import test from 'ava'
import { isTold, linesOf, readPlace } from '../../../../lib/cli/find.ts'
import { recordKey } from '../../../../lib/commit/chain.ts'
import type { LaneName } from '../../../../lib/commit/record.ts'
import type { SourceRecord } from '../../../../lib/message.ts'
import type { Log } from '../../../../lib/ports.ts'
import { type MemoryLog, type MemoryStore, virtualClock } from '../../../../lib/testing.ts'
import { declare, planForgetting } from '../../../../lib/verify/forget.ts'
import { find, type Findings, type FindOptions } from '../../../../lib/verify/trace/find.ts'
import { append, twoRuns } from '../views.ts'

const clock = virtualClock()

const look = (
  { store, log }: { store: MemoryStore; log: Log },
  offset: number,
  options: Partial<FindOptions> = {},
): Promise<Findings> =>
  find({ topic: 'views', partition: 0, offset, store, log, clock, ...options })

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
      const found = await look(world, offset, { partition })
      for (const sink of ['raw', 'lines']) {
        const { fate, places, operator } = pathOf(found, sink)
        const [place] = places
        t.is(places.length, 1)
        t.is(place!.rows.length, 1)
        if (bytes!.toString() === '{') t.deepEqual([fate, operator], ['rejected', 'parse'])
        else t.deepEqual([fate, place!.text], ['kept', bytes!.toString()])
        const row = `${sink} ${place!.key} ${place!.rows[0]} of ${partition}`
        t.false(seen.has(row), row)
        seen.add(row)
      }
    }
})

test('what was added up, dropped or rejected on the way to an exchange is told as far as its commit tells', async (t) => {
  const world = await twoRuns()
  t.like(pathOf(await look(world, 199), 'reduce'), { fate: 'aggregated' })
  const either = await look(world, 5, { partition: 1 })
  t.like(pathOf(either, 'reduce'), { fate: 'unknown', either: ['aggregated', 'dropped by dedupe'] })
  t.false(isTold(either))
  const malformed = (await recordsOf(world.log, 1)).find(({ bytes }) => bytes!.toString() === '{')!
  const found = await look(world, malformed.offset, { partition: 1 })
  const { fate, operator, reason } = pathOf(found, 'reduce')
  t.deepEqual([fate, operator], ['rejected', 'parse'])
  t.regex(reason!, /^malformed JSON/)
  t.true(isTold(found))
})

test('a record of an open object is found in its rows', async (t) => {
  const found = await look(await twoRuns(), 199)
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
