import test from 'ava'
import { byField, definePipeline } from '../../lib/index.ts'
import type { Pipeline } from '../../lib/pipeline.ts'
import type { Rotation } from '../../lib/s3/rotation.ts'
import { virtualClock } from '../../lib/testing.ts'
import { verify } from '../../lib/verify/verify.ts'
import { filter, flatMap, map, parse } from '../../operators/index.ts'
import { problemsOf } from './audit.ts'
import { TOPIC } from './views.ts'
import { append, newWorld, runToEnd, type World } from './world.ts'

interface Line {
  readonly order: number
  readonly line: number
  readonly country: string
}

interface Order {
  readonly lines: readonly Line[]
}

const COUNTRIES = ['DE', 'FR', 'IT', 'none', 'bad']

/** One record an order, of 0 to 11 lines each: more than an object is to have. */
const orders = Array.from({ length: 200 }, (_, order) => ({
  lines: Array.from({ length: (order * 7) % 12 }, (_, line) => ({
    order,
    line,
    country: COUNTRIES[(order + line * line) % COUNTRIES.length] as string,
  })),
}))
const all = orders.flatMap(({ lines }) => lines)
const countOf = (country: string): number => all.filter((line) => line.country === country).length

/** Order lines by country; those of `bad` are rejected, those of `none` dropped. */
const linesPipeline = (rotate: Rotation): Pipeline =>
  definePipeline('lines', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC })
      .through(parse<Order>())
      .through(flatMap((order) => order.lines))
      .through(filter((line) => line.country !== 'none'))
      .through(
        map((line) => {
          if (line.country === 'bad') throw new RangeError('no such country')
          return line
        }),
      )
      .to(s3({ prefix: 'lines', partitionBy: byField('country'), rotate }))
    rejected.to(s3({ prefix: 'rejected' }))
  })

const append200 = (world: World): Promise<void> =>
  append(
    world,
    orders.map((order, i) => ({ key: String(i), value: JSON.stringify(order) })),
  )

const rowsOf = <T>({ store }: World, prefix: string): T[][] =>
  store.objects(prefix).map(({ bytes }) =>
    bytes
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((text) => JSON.parse(text) as T),
  )

const placeOf = ({ order, line }: Line): number => order * 100 + line
const sorted = (numbers: number[]): number[] => numbers.toSorted((a, b) => a - b)

for (const commitEvery of [10_000, 0])
  test(`every message of a record is in one object, dropped or rejected, with a commit each ${commitEvery} ms`, async (t) => {
    const world = await newWorld(2, { batchRecords: 5 })
    await append200(world)
    const summary = await runToEnd(world, {
      pipeline: linesPipeline({ records: 4 }),
      commitEvery,
    })
    t.deepEqual(problemsOf(world.store), [])
    const report = await verify({
      pipeline: 'lines',
      store: world.store,
      log: world.log,
      clock: virtualClock(),
    })
    t.deepEqual(report.findings, [])

    const empty = orders.filter(({ lines }) => lines.length === 0).length
    t.deepEqual(summary.expanded, { flatMap: all.length - (orders.length - empty) })
    t.deepEqual(summary.dropped, { flatMap: empty, filter: countOf('none') })
    t.deepEqual(summary.rejected, { RangeError: countOf('bad') })
    t.is(report.sinks['lines']?.kept, all.length - countOf('none') - countOf('bad'))

    const objects = rowsOf<Line>(world, 'lines/')
    const kept = all.filter(({ country }) => country !== 'none' && country !== 'bad')
    t.deepEqual(sorted(objects.flat().map(placeOf)), sorted(kept.map(placeOf)))
    // rows of one record stay together, else four are the most
    for (const rows of objects) {
      const before = rows.findLastIndex(({ order }) => order !== rows.at(-1)?.order) + 1
      t.true(rows.length <= 4 || before < 4, JSON.stringify(rows))
    }
  })

test('what is rejected of a record that became several has its own number and its own bytes', async (t) => {
  const world = await newWorld(1)
  await append200(world)
  await runToEnd(world, { pipeline: linesPipeline({ records: 1_000 }) })
  const rejects = rowsOf<{ offset: number; index: number; text: string }>(world, 'rejected/').flat()
  const bad = all.filter(({ country }) => country === 'bad')
  t.deepEqual(
    rejects.map(({ offset, index, text }) => [offset, index, JSON.parse(text)]),
    bad.map((line) => [line.order, line.line, line]),
  )
})

test('an archive of NDJSON has each line as it came, of an array each element exactly', async (t) => {
  const world = await newWorld(1)
  await append(world, [
    { key: 'a', value: '{ "id": 9007199254740993 }\r\n{"n": 1.0}\n{"n":\n' },
    { key: 'b', value: '{"n":2}' },
  ])
  const archive = (name: string, format: 'ndjson' | 'json-array') =>
    definePipeline(name, ({ kafka, s3, rejected }) => {
      kafka({ topic: TOPIC })
        .through(parse({ format, integers: 'exact' }))
        .to(s3({ prefix: name }))
      rejected.to(s3({ prefix: `${name}-rejected` }))
    })
  await runToEnd(world, { pipeline: archive('lines', 'ndjson') })
  const textOf = (prefix: string): string =>
    world.store.objects(`${prefix}/`).map(({ bytes }) => bytes.toString())[0] ?? ''
  t.is(textOf('lines'), '{ "id": 9007199254740993 }\n{"n": 1.0}\n{"n":2}\n')
  const { index, text } = JSON.parse(textOf('lines-rejected')) as Record<string, unknown>
  t.deepEqual([index, text], [2, '{"n":'])

  await append(world, [{ key: 'c', value: '[{"id": 9007199254740993},\n{"n": 1.0},2' }])
  await runToEnd(world, { pipeline: archive('elements', 'json-array') })
  t.is(textOf('elements'), '{"id":9007199254740993}\n{"n":1}\n')
  t.regex(textOf('elements-rejected'), /the array has no end, at byte 39, after 2 elements/)
  t.deepEqual(problemsOf(world.store), [])
})

const everyLine = ({ n }: { n: number }): { n: number } => {
  if (n % 2 === 1) throw new RangeError('odd')
  return { n }
}

for (const records of [1, 2, 3])
  for (const commitEvery of [10_000, 0])
    test(`what operators reject in turn is in objects of ${records} rows, with a commit each ${commitEvery} ms`, async (t) => {
      const world = await newWorld(1, { batchRecords: 7 })
      const odd = Array.from({ length: 60 }, (_, n) => ({ key: 'a', value: `{\n{"n":${n}}\n{\n` }))
      await append(world, odd)
      const pipeline = definePipeline('odd', ({ kafka, s3, rejected }) => {
        kafka({ topic: TOPIC })
          .through(parse<{ n: number }>({ format: 'ndjson' }))
          .through(map(everyLine))
          .to(s3({ prefix: 'even' }))
        rejected.to(s3({ prefix: 'rejected', rotate: { records } }))
      })
      await runToEnd(world, { pipeline, commitEvery })
      t.deepEqual(problemsOf(world.store), [])
      const rejects = rowsOf<{ offset: number; index: number }>(world, 'rejected/').flat()
      t.is(new Set(rejects.map(({ offset, index }) => `${offset} ${index}`)).size, 60 * 2 + 30)
      t.is(rejects.length, 60 * 2 + 30)
    })
