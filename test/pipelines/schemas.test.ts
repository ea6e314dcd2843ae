import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import test, { type ExecutionContext } from 'ava'
import type { CommitRecord } from '../../lib/commit/record.ts'
import { definePipeline } from '../../lib/index.ts'
import type { Format } from '../../lib/s3/format/format.ts'
import { standalone } from '../../lib/s3/standalone.ts'
import { memoryStore, type MemoryStore } from '../../lib/testing.ts'
import { openObjectsOf } from '../../lib/verify/open-objects.ts'
import { parse } from '../../operators/index.ts'
import { problemsOf } from './audit.ts'
import { append, newWorld, runToEnd } from './world.ts'

type Row = Readonly<Record<string, number>>

/** Objects that begin with the names of what their rows have, as many as the first of them; a row with fewer still fits. */
const columns: Format<Row> = {
  extension: 'txt',
  contentType: 'text/plain',
  separator: '\n',
  footer: '\n',
  header: (schema) => `${schema}\n`,
  schema({ value }, open) {
    const names = Object.keys(value).join()
    if (names === '') throw new TypeError('a row without columns')
    return open?.startsWith(names) ? open : names
  },
  row: ({ value }, schema) =>
    schema
      .split(',')
      .map((name) => String(value[name]))
      .join(),
}

const texts = (store: MemoryStore): string[] =>
  store.objects('rows').map(({ bytes }) => bytes.toString())

/** Run a pipeline over these rows, a commit after each. */
async function commits(t: ExecutionContext, rows: readonly Row[], records = 100) {
  const world = await newWorld(1, { batchRecords: 1 })
  await append(
    world,
    rows.map((row) => ({ key: null, value: JSON.stringify(row) })),
  )
  const finished: string[] = []
  const committed: CommitRecord[] = []
  const reasons: string[] = []
  await runToEnd(world, {
    pipeline: definePipeline('rows', ({ kafka, s3, rejected }) => {
      kafka({ topic: 'views' })
        .through(parse<Row>())
        .to(s3({ prefix: 'rows', format: columns, rotate: { records } }))
      rejected.to(s3({ prefix: 'rejected' }))
    }),
    commitEvery: 0,
    events: {
      committed: (record) => {
        reasons.push(...Object.keys(record.reasons))
        for (const { sink, because, schema } of record.objects)
          if (sink === 'rows') finished.push(`${because} ${schema}`)
        committed.push(record)
      },
    },
  })
  const open = await Promise.all(
    committed.map((record) => openObjectsOf(record, world.store, world.clock)),
  )
  const carried = open.flat().map(({ schema }) => schema)
  t.deepEqual(problemsOf(world.store), [])
  return { texts: texts(world.store), finished, carried, reasons }
}

test('a row of another schema finishes the object of its folder, over any number of commits', async (t) => {
  const run = await commits(t, [{ a: 1, b: 1 }, { a: 2 }, { c: 3 }, { a: 4, b: 4 }])
  t.deepEqual(run.texts, ['a,b\n1,1\n2,undefined\n', 'c\n3\n', 'a,b\n4,4\n'])
  t.deepEqual(run.finished, ['schema a,b', 'schema c', 'drain a,b'])
  t.deepEqual(run.carried, ['a,b', 'a,b', 'c', 'a,b'])
})

test('the first row of a new object gives it a schema of its own', async (t) => {
  const run = await commits(t, [{ a: 1, b: 1 }, { a: 2 }, { a: 3 }], 2)
  t.deepEqual(run.texts, ['a,b\n1,1\n2,undefined\n', 'a\n3\n'])
})

test('a row that fits no schema is rejected, and finishes nothing', async (t) => {
  const run = await commits(t, [{ a: 1 }, {}, { a: 2 }])
  t.deepEqual(run.texts, ['a\n1\n2\n'])
  t.deepEqual(run.reasons, ['a row without columns'])
})

test('a sink used alone keeps to one schema an object, too', async (t) => {
  const store = memoryStore()
  const rows: Row[] = [{ a: 1, b: 1 }, { a: 2 }, { c: 3 }]
  await pipeline(Readable.from(rows), standalone({ prefix: 'rows', format: columns }, { store }))
  t.deepEqual(texts(store), ['a,b\n1,1\n2,undefined\n', 'c\n3\n'])
})
