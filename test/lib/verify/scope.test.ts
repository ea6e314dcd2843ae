import test from 'ava'
import { linesOf } from '../../../lib/cli/verify-report.ts'
import { Chain, recordKey } from '../../../lib/commit/chain.ts'
import type { LaneName } from '../../../lib/commit/record.ts'
import { type MemoryStore, virtualClock } from '../../../lib/testing.ts'
import { firstWhere } from '../../../lib/verify/chain-entries.ts'
import { type Report, verify, type VerifyOptions } from '../../../lib/verify/verify.ts'
import { append, run, twoRuns } from './views.ts'

const clock = virtualClock()
const lane: LaneName = { pipeline: 'views', topic: 'views', partition: 0, stage: 1 }

const audit = (store: MemoryStore, options: Partial<VerifyOptions>): Promise<Report> =>
  verify({ pipeline: 'views', store, clock, ...options })

const sample = (percent: number, seed = 7) => ({ sample: { percent, seed } })

/** Change a byte of every object of a sink. */
async function damage(store: MemoryStore, prefix: string): Promise<number> {
  const objects = store.objects(prefix)
  for (const { key, bytes, metadata } of objects) {
    bytes[3]! ^= 1
    await store.put(key, bytes, { metadata })
  }
  return objects.length
}

test('a sample is as large as was asked for, and says what it leaves out', async (t) => {
  const { store } = await twoRuns()
  const all = (await audit(store, {})).checked
  const report = await audit(store, sample(40))
  const { objects = 0, rows = 0 } = report.sample ?? {}
  t.true(objects > 0 && report.checked.objects > 0)
  t.is(report.checked.objects + objects, all.objects)
  t.is(report.checked.rows + rows, all.rows)
  const lines = linesOf(report)
  t.true(
    lines.includes(
      `not checked: the bytes of ${objects} objects with ${rows} rows: not in the sample of 40 % (--seed 7)`,
    ),
  )
  t.regex(lines.at(-1)!, /; not all was checked, see above$/)
})

test('the same seed reads the same objects, another one others', async (t) => {
  const { store } = await twoRuns()
  await damage(store, 'raw/')
  const found = async (seed: number): Promise<string[]> =>
    (await audit(store, sample(50, seed))).findings.map(({ where }) => where).toSorted()
  t.deepEqual(await found(1), await found(1))
  t.notDeepEqual(await found(1), await found(2))
})

test('a sample of everything is everything', async (t) => {
  const { store } = await twoRuns()
  const damaged = await damage(store, 'raw/')
  const report = await audit(store, sample(100))
  t.is(report.count, damaged)
  t.is(report.sample?.objects, 0)
})

test('what is not read is looked up all the same: its size, its token, and whether it is there', async (t) => {
  const { store } = await twoRuns()
  const [gone, short, bare] = store.objects('raw/')
  await store.delete([gone!.key])
  await store.put(short!.key, short!.bytes.subarray(1), { metadata: short!.metadata })
  await store.put(bare!.key, bare!.bytes)
  const { findings } = await audit(store, sample(0.000001))
  t.deepEqual(
    findings.map(({ kind, where }) => `${kind} ${where}`).toSorted(),
    [`lost ${gone!.key}`, `altered ${short!.key}`, `altered ${bare!.key}`].toSorted(),
  )
})

/** Three runs: the third a day after the others. */
async function anotherDay() {
  const { store, log } = await twoRuns()
  await append(log, 400, 500)
  await run(log, store, Infinity, '2024-01-02T12:00:00Z')
  return { store, log, since: Date.parse('2024-01-02T00:00:00Z') }
}

test('since a time, only what was committed from then on is looked at, and the rest is said', async (t) => {
  const { store, log, since } = await anotherDay()
  const whole = await audit(store, { log })
  t.is(whole.count, 0)
  const old = store.objects('raw/')[0]!
  const report = await audit(store, { log, since })
  t.is(report.count, 0)
  t.true(report.checked.objects > 0 && report.checked.objects < whole.checked.objects)
  const [first] = report.lanes
  t.is(first?.records, 50)
  t.is(first?.log?.checked, 50)
  const lines = linesOf(report)
  t.true(
    lines.includes(
      `not checked: views-0: ${first!.start - 1} records of its chain from before 2024-01-02T00:00:00.000Z, offsets before 200`,
    ),
  )
  t.true(
    lines.includes('not checked: objects that no commit lists, since older ones were left out'),
  )
  await store.delete([old.key])
  t.is((await audit(store, { log, since })).count, 0)
  t.is((await audit(store, { log })).count, 1)
})

test('since a time, what is damaged after it is found as ever', async (t) => {
  const { store, since } = await anotherDay()
  const before = new Set((await twoRuns()).store.objects('raw/').map(({ key }) => key))
  const later = store.objects('raw/').find(({ key }) => !before.has(key))!
  await store.delete([later.key])
  const { findings } = await audit(store, { since })
  t.deepEqual(
    findings.map(({ where }) => where),
    [later.key],
  )
})

test('since a time after everything, the newest record is looked at still, and what the next start needs', async (t) => {
  const { store } = await twoRuns()
  const future = Date.parse('2030-01-01T00:00:00Z')
  t.is((await audit(store, { since: future })).checked.objects, 0)
  const newest = await new Chain(lane, store, clock).newest()
  const [segment] = Object.values(newest!.record.state).flat()
  await store.delete([segment!.bundle])
  const { findings } = await audit(store, { since: future })
  t.true(findings.some(({ where }) => where === segment!.bundle))
})

test('since a time before everything, all is looked at but strays', async (t) => {
  const { store } = await twoRuns()
  const [object] = store.objects('raw/')
  await store.put('raw/copy.json', object!.bytes, { metadata: object!.metadata })
  t.is((await audit(store, {})).count, 1)
  const report = await audit(store, { since: 0 })
  t.is(report.count, 0)
  t.is(report.checked.objects, (await audit(store, {})).checked.objects)
})

test('the first record of which something is true is found though one before it is gone', async (t) => {
  const { store } = await anotherDay()
  const chain = new Chain(lane, store, clock)
  const { index: newest } = (await chain.newest())!.record
  const from = (wanted: number) => firstWhere(chain, newest, ({ index }) => index >= wanted)
  for (let wanted = 1; wanted <= newest; wanted++) t.is(await from(wanted), wanted)
  t.is(await from(newest + 1), newest)
  await store.delete([recordKey(lane, Math.ceil(newest / 2))])
  t.true((await from(newest)) <= newest)
})
