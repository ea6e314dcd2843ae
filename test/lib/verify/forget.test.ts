import test from 'ava'
import { linesOf } from '../../../lib/cli/verify-report.ts'
import { Chain, recordKey } from '../../../lib/commit/chain.ts'
import type { LaneName } from '../../../lib/commit/record.ts'
import { type MemoryStore, virtualClock } from '../../../lib/testing.ts'
import { declarationKey } from '../../../lib/verify/declarations.ts'
import {
  declarationsOf,
  declare,
  type Forgetting,
  planForgetting,
} from '../../../lib/verify/forget.ts'
import { inventory, placeOf } from '../../../lib/verify/inventory.ts'
import { verify } from '../../../lib/verify/verify.ts'
import { append, run, twoRuns } from './views.ts'

const clock = virtualClock('2024-02-01T00:00:00Z')
const PAGE = 'raw/page=page-0'

const plan = (store: MemoryStore, prefix = PAGE): Promise<Forgetting> =>
  planForgetting({
    pipeline: 'views',
    prefix,
    reason: 'by order of legal',
    by: 'alice@desk',
    store,
    clock,
  })

async function forget(store: MemoryStore, prefix = PAGE): Promise<Forgetting> {
  const planned = await plan(store, prefix)
  await declare(planned, store, clock)
  return planned
}

const remove = (store: MemoryStore, prefix: string): Promise<void> =>
  store.delete(store.objects(prefix).map(({ key }) => key))

const audit = (store: MemoryStore) => verify({ pipeline: 'views', store, clock })

test('objects that were deleted and declared are forgotten, counted apart, and not lost', async (t) => {
  const { store } = await twoRuns()
  const { objects, rows } = (await audit(store)).checked
  const there = store.objects(`${PAGE}/`).length
  await remove(store, `${PAGE}/`)
  t.is((await audit(store)).count, there)

  const { declaration, stillThere, notCovered } = await forget(store)
  t.is(declaration.objects, there)
  t.deepEqual([stillThere, notCovered], [0, 0])
  const report = await audit(store)
  t.is(report.count, 0)
  t.like(report.forgotten, [
    { prefix: PAGE, objects: there, rows: declaration.rows, stillThere: 0 },
  ])
  t.deepEqual(report.checked, { objects: objects - there, rows: rows - declaration.rows })
  t.true(
    linesOf(report).includes(
      `forgotten: ${there} objects with ${declaration.rows} rows under ${PAGE}: by order of legal (alice@desk, 2024-02-01)`,
    ),
  )
})

test('a plan writes nothing', async (t) => {
  const { store } = await twoRuns()
  const before = store.objects()
  await plan(store)
  t.deepEqual(store.objects(), before)
})

test('what is committed under the prefix after the declaration is not excused', async (t) => {
  const { store, log } = await twoRuns()
  await remove(store, `${PAGE}/`)
  await forget(store)
  await append(log, 400, 500)
  await run(log, store)
  const later = store.objects(`${PAGE}/`).map(({ key }) => key)
  t.true(later.length > 0)
  t.is((await audit(store)).count, 0)
  await store.delete(later)
  t.deepEqual(
    (await audit(store)).findings.map(({ kind, where }) => `${kind} ${where}`).toSorted(),
    later.map((key) => `lost ${key}`).toSorted(),
  )
  await forget(store)
  t.is((await audit(store)).count, 0)
})

test('a declared object that is still there is told, and one that was altered is a finding', async (t) => {
  const { store } = await twoRuns()
  const { stillThere } = await forget(store)
  const [first] = store.objects(`${PAGE}/`)
  t.is(stillThere, store.objects(`${PAGE}/`).length)
  const sound = await audit(store)
  t.is(sound.count, 0)
  t.is(sound.forgotten[0]?.stillThere, stillThere)
  t.true(
    linesOf(sound).includes(
      `still there: ${stillThere} objects under ${PAGE} that were to be forgotten`,
    ),
  )
  await store.put(first!.key, Buffer.from('[]'), { metadata: first!.metadata })
  t.deepEqual(
    (await audit(store)).findings.map(({ kind, where }) => `${kind} ${where}`),
    [`altered ${first!.key}`],
  )
})

test('a folder is no beginning of another name', async (t) => {
  const { store } = await twoRuns()
  await t.throwsAsync(plan(store, 'raw/page=page'), {
    message:
      'nothing was ever committed under raw/page=page in memory; sinks are: hourly, lines, raw, rejected',
  })
  t.is((await plan(store, '/raw/')).declaration.prefix, 'raw')
})

test('one object is forgotten by its key', async (t) => {
  const { store } = await twoRuns()
  const [first] = store.objects(`${PAGE}/`)
  t.is((await plan(store, first!.key)).declaration.objects, 1)
})

test('nothing can be forgotten that is not named, or by which all else is known', async (t) => {
  const { store } = await twoRuns()
  for (const prefix of ['', '/', '_sluice', '_sluice/views'])
    await t.throwsAsync(plan(store, prefix), { code: 'config' }, prefix)
  await t.throwsAsync(
    planForgetting({ pipeline: 'views', prefix: PAGE, reason: ' ', by: 'a', store, clock }),
    { message: '--reason has to say why' },
  )
})

test('what is declared once is not declared again', async (t) => {
  const { store } = await twoRuns()
  await forget(store)
  await t.throwsAsync(plan(store), {
    message: `all that was committed under ${PAGE} is declared already`,
  })
})

test('of two declarations made at once one is refused', async (t) => {
  const { store } = await twoRuns()
  const [one, two] = [await plan(store), await plan(store, 'lines')]
  await declare(one, store, clock)
  await declare(one, store, clock)
  await t.throwsAsync(declare(two, store, clock), { message: /^somebody else has declared/ })
})

test('open objects and those about to become visible are not covered', async (t) => {
  const { store } = await twoRuns()
  const lane: LaneName = { pipeline: 'views', topic: 'views', partition: 0, stage: 1 }
  t.is((await plan(store, 'lines')).notCovered, 2)
  // as if it had been killed right after its last commit
  await store.delete([recordKey(lane, 6)])
  const { objects } = (await new Chain(lane, store, clock).read(5))!.record
  const late = objects.filter(({ key }) => key.startsWith(`${PAGE}/`))
  t.is(late.length, 1)
  await store.delete([late[0]!.key])
  const { declaration, notCovered } = await plan(store)
  t.is(declaration.covers['views-0'], 4)
  t.is(notCovered, 1)
})

test('a declaration that was altered excuses nothing, and is a finding itself', async (t) => {
  const { store } = await twoRuns()
  await remove(store, `${PAGE}/`)
  const lost = (await audit(store)).count
  await forget(store)
  await forget(store, 'lines')
  const key = declarationKey('views', 1)
  const [{ bytes } = { bytes: Buffer.alloc(0) }] = store.objects(key)
  await store.put(key, Buffer.from(bytes.toString().replace('legal', 'somebody')))
  const { findings, count, forgotten } = await audit(store)
  t.is(count, lost + 1)
  t.like(findings[0], { kind: 'altered', where: key })
  t.deepEqual(
    forgotten.map(({ prefix }) => prefix),
    ['lines'],
  )
  await t.throwsAsync(plan(store, 'hourly'), { code: 'corrupt' })
})

test('declarations are listed in their order, and their objects as forgotten', async (t) => {
  const { store } = await twoRuns()
  await forget(store)
  await forget(store, 'hourly')
  const { all } = await declarationsOf({ pipeline: 'views', store, clock })
  t.like(all, [
    { index: 1, prefix: PAGE, by: 'alice@desk', reason: 'by order of legal' },
    { index: 2, prefix: 'hourly' },
  ])
  const keys: string[] = []
  for await (const listed of inventory({ pipeline: 'views', store, clock }))
    if (listed.state === 'forgotten') keys.push(placeOf(listed))
  const there = [PAGE, 'hourly'].flatMap((prefix) => store.objects(`${prefix}/`))
  t.deepEqual(keys.toSorted(), there.map(({ key }) => key).toSorted())
})
