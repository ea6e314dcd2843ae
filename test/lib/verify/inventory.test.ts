import test from 'ava'
import { lineOf } from '../../../lib/cli/list.ts'
import { Chain, recordKey } from '../../../lib/commit/chain.ts'
import type { LaneName } from '../../../lib/commit/record.ts'
import { type MemoryStore, virtualClock } from '../../../lib/testing.ts'
import { inventory, type Listed, placeOf } from '../../../lib/verify/inventory.ts'
import { twoRuns } from './views.ts'

const clock = virtualClock()
const lane: LaneName = { pipeline: 'views', topic: 'views', partition: 0, stage: 1 }

async function all(store: MemoryStore): Promise<Listed[]> {
  const listed: Listed[] = []
  for await (const each of inventory({ pipeline: 'views', store, clock })) listed.push(each)
  return listed
}

const SINKS = ['raw/', 'lines/', 'hourly/', 'rejected/']

test('what is listed as committed is what lies in the bucket, and what is open has no key', async (t) => {
  const { store } = await twoRuns()
  const listed = await all(store)
  const committed = listed.filter(({ state }) => state === 'committed').map(placeOf)
  const there = SINKS.flatMap((prefix) => store.objects(prefix).map(({ key }) => key))
  t.deepEqual(committed.toSorted(), there.toSorted())
  const open = listed.filter(({ state }) => state === 'open')
  t.deepEqual(open.map(placeOf), ['lines/', 'lines/'])
  t.is(listed.length, committed.length + open.length)
})

test('what the newest commit lists and nobody can see yet is pending, and committed', async (t) => {
  const { store } = await twoRuns()
  const chain = new Chain(lane, store, clock)
  // as if it had been killed right after its last commit
  await store.delete([recordKey(lane, 6)])
  const { objects } = (await chain.read(5))!.record
  await store.delete([objects[0]!.key])
  const listed = await all(store)
  t.deepEqual(listed.filter(({ state }) => state === 'pending').map(placeOf), [objects[0]!.key])
})

test('a record that is gone ends the list: what it listed is not known', async (t) => {
  const { store } = await twoRuns()
  await store.delete([recordKey(lane, 2)])
  await t.throwsAsync(all(store), {
    message:
      'views-0 record 2: the chain has no such record any more, so what it lists is not known; see what verify says',
  })
})

test('a chain that is gone while its bundles are there is not taken for an empty one', async (t) => {
  const { store } = await twoRuns()
  await store.delete(store.objects('_sluice/views/views/0/commits/').map(({ key }) => key))
  await t.throwsAsync(all(store), { message: /^views-0 record 0: .* not known/ })
})

test('an object is one line: key, rows, bytes, offsets and state, with tabs between them', async (t) => {
  const { store } = await twoRuns()
  const lines = (await all(store)).map(lineOf)
  t.is(lines[0], 'raw/page=page-0/views+0+0000000000.json\t42\t2336\tviews-0@0..123\tcommitted')
  t.true(lines.some((line) => /^lines\/\t5\t\d+\tviews-0@195\.\.199\topen$/.test(line)))
  t.true(lines.some((line) => /^hourly\/.*\tviews-1 merge\tcommitted$/.test(line)))
})
