import test from 'ava'
import { definePipeline } from '../../lib/index.ts'
import type { CommitRecord } from '../../lib/commit/record.ts'
import { minutes, seconds } from '../../lib/duration.ts'
import type { Pipeline } from '../../lib/pipeline.ts'
import { at, crash, feed, memoryFiles, restart } from '../../lib/testing.ts'
import { verify } from '../../lib/verify/verify.ts'
import { enrich, parse } from '../../operators/index.ts'
import { Process } from '../faults/process.ts'
import { otherwise } from './again.ts'
import { chainsOf, problemsOf } from './audit.ts'
import { linesOf } from './contents.ts'
import { append, newWorld, runToEnd, type World } from './world.ts'
import { TOPIC } from './views.ts'

interface Visit {
  readonly id: number
  readonly country: string | null
}
type Placed = Visit & { readonly region: string | null }

const pipelineOf = (source: { file: string } | { object: string }): Pipeline =>
  definePipeline('visits', ({ kafka, s3, table }) => {
    const regions = table({ ...source, key: 'country' })
    kafka({ topic: TOPIC })
      .through(parse<Visit>())
      .through(
        enrich(regions, {
          by: (visit) => visit.country,
          into: (visit, row): Placed => ({ ...visit, region: row?.['region'] ?? null }),
        }),
      )
      .to(s3({ prefix: 'visits' }))
  })

const byFile = pipelineOf({ file: 'tables/regions.csv' })
const csv = (version: number): string => `country,region\nNZ,Oceania ${version}\n`

const visit = (id: number) => ({
  key: null,
  partition: 0,
  value: JSON.stringify({ id, country: 'NZ' }),
})

const commitsOf = ({ store }: World): CommitRecord[] =>
  [...chainsOf(store).values()]
    .flat()
    .flatMap(({ record }) => (record.kind === 'commit' && record.records > 0 ? record : []))

test('one version holds for a whole epoch, is recorded with it, and can be had again', async (t) => {
  const world = await newWorld(1, { batchRecords: 3 })
  const { clock, store, log } = world
  const { files, write } = memoryFiles({ 'tables/regions.csv': csv(0) })
  const settings = { pipeline: byFile, files, untilEnd: false }
  let process = new Process(world, settings)
  const expected: number[] = []
  for (let id = 0; id < 200; id++) {
    await append(world, [visit(id)])
    expected.push(id)
    await clock.advance(seconds(4))
    if (id % 17 === 0) write('tables/regions.csv', csv(id))
    if (id % 41 !== 40) continue
    process.kill()
    process = new Process(world, settings)
  }
  process.kill()
  await runToEnd(world, { ...settings, untilEnd: true })

  const rows = linesOf(store, 'visits').map((line) => JSON.parse(line) as Placed)
  t.deepEqual(
    rows.map(({ id }) => id).toSorted((a, b) => a - b),
    expected,
  )
  t.deepEqual(problemsOf(store), [])
  const versions = new Set<string>()
  for (const { recorded, objects } of commitsOf(world)) {
    const hash = recorded.tables!['tables/regions.csv']!
    const kept = await store.get(`_sluice/visits/tables/${hash}`)
    const region = kept!.toString().trim().split(',').at(-1)
    versions.add(region!)
    for (const { key } of objects)
      for (const { bytes } of store.objects(key))
        for (const line of bytes.toString().trim().split('\n'))
          t.is((JSON.parse(line) as Placed).region, region!)
  }
  t.true(versions.size > 8, `${versions.size} versions`)

  const audit = () => clock.run(verify({ pipeline: 'visits', log, store, clock }))
  t.deepEqual((await audit()).findings, [])
  t.deepEqual(await otherwise(world, byFile), [])
  const [first] = store.objects(`_sluice/visits/tables/`)
  await store.put(first!.key, Buffer.from('other'))
  t.like((await audit()).findings, [{ kind: 'altered', where: first!.key }])
  await store.delete([first!.key])
  t.like((await audit()).findings, [{ kind: 'lost', where: first!.key }])
  t.regex(
    (await otherwise(world, byFile)).at(-1) ?? '',
    /^not checkable .* a version of the table tables\/regions\.csv is gone/,
  )
})

test('a pipeline does not begin with a table that is not there', async (t) => {
  const world = await newWorld(1)
  const { files } = memoryFiles()
  await t.throwsAsync(runToEnd(world, { pipeline: byFile, files }), {
    code: 'config',
    message:
      "the table tables/regions.csv is not there: tables['tables/regions.csv'] of into(pipeline, { tables })",
  })
  t.deepEqual(commitsOf(world), [])
})

test('a table that breaks while the pipeline runs is told, and what it was holds on', async (t) => {
  const world = await newWorld(1)
  const { files, write } = memoryFiles({ 'tables/regions.csv': csv(1) })
  const process = new Process(world, { pipeline: byFile, files, untilEnd: false })
  await world.clock.advance(seconds(1))
  write('tables/regions.csv', 'country\n')
  write('tables/regions.csv', 'country,region\n,\n')
  await world.clock.advance(minutes(3))
  await append(world, [visit(1)])
  await world.clock.advance(minutes(1))
  process.kill()
  t.deepEqual(
    linesOf(world.store, 'visits').map((line) => JSON.parse(line) as Placed),
    [{ id: 1, country: 'NZ', region: 'Oceania 1' }],
  )
  t.is(process.notes.filter((note) => note.includes('holds on until that is mended')).length, 1)
})

test('in the test kit a table is given by its text, as a file or an object', async (t) => {
  for (const [pipeline, name] of [
    [byFile, 'tables/regions.csv'],
    [pipelineOf({ object: 'tables/regions.csv' }), 'tables/regions.csv'],
  ] as const) {
    const visits = feed(
      at('09:00', { id: 1, country: 'NZ' }),
      crash(),
      restart(),
      at('09:01', { id: 2, country: null }),
    )
    const outcome = await visits.into(pipeline, { tables: { [name]: csv(3) } })
    t.deepEqual(outcome.rows('visits'), [
      { id: 1, country: 'NZ', region: 'Oceania 3' },
      { id: 2, country: null, region: null },
    ])
    await outcome.expectNoLoss()
  }
})

test('a table that is named twice is refused', async (t) => {
  const twice = definePipeline('twice', ({ kafka, s3, table }) => {
    table({ file: 'a.csv', key: 'a' })
    table({ file: 'a.csv', key: 'b' })
    kafka({ topic: TOPIC }).to(s3({ prefix: 'raw' }))
  })
  await t.throwsAsync(runToEnd(await newWorld(1), { pipeline: twice }), {
    message: /twice reads the table a\.csv twice: call table\(…\) once/,
  })
})
