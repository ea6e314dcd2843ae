import test from 'ava'
import { byField, definePipeline } from '../../lib/index.ts'
import { filter, flatMap, map, parse } from '../../operators/index.ts'
import { problemsOf } from '../pipelines/audit.ts'
import { TOPIC } from '../pipelines/views.ts'
import { append, newWorld, runToEnd, type World } from '../pipelines/world.ts'
import { Process } from './process.ts'

interface Order {
  readonly lines: readonly number[]
}

/** Bodies of several orders each, some of them broken, of several lines each. */
async function worldOf(): Promise<World> {
  const world = await newWorld(1, { batchRecords: 4 })
  const body = (n: number): string =>
    Array.from({ length: n % 5 }, (_, i) =>
      i === 3 ? `{${n}` : JSON.stringify({ lines: [n, n + i, n * i] }),
    ).join('\n')
  await append(
    world,
    Array.from({ length: 40 }, (_, n) => ({ key: 'a', value: body(n) })),
  )
  return world
}

const odd = (line: number): { line: number; rest: string } => {
  if (line % 7 === 0) throw new RangeError('a seventh')
  return { line, rest: String(line % 3) }
}

const options = () => ({
  pipeline: definePipeline('lines', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC })
      .through(parse<Order>({ format: 'ndjson' }))
      .through(flatMap((order) => order.lines))
      .through(filter((line) => line % 5 !== 0))
      .through(map(odd))
      .to(s3({ prefix: 'lines', partitionBy: byField('rest'), rotate: { records: 3 } }))
    rejected.to(s3({ prefix: 'rejected', rotate: { records: 4 } }))
  }),
  commitEvery: 0,
})

/** Rows of each folder in the order of their objects' offsets; of rejects only where they are from. */
function rowsOf({ store }: World): unknown[] {
  const rows = store.objects().filter(({ key }) => !key.startsWith('_sluice/'))
  return rows.flatMap(({ key, bytes }) =>
    bytes
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((text) => {
        const { line, offset, index, reason } = JSON.parse(text) as Record<string, unknown>
        return [key, line ?? [offset, index, reason]]
      }),
  )
}

test.serial(
  'a process killed at any request leaves every event of every record once',
  async (t) => {
    const calm = await worldOf()
    const undisturbed = new Process(calm, options())
    await undisturbed.over()
    const rows = rowsOf(calm)
    t.true(rows.length > 100 && undisturbed.calls > 100)
    for (let fatal = 1; fatal <= undisturbed.calls; fatal += 3) {
      const world = await worldOf()
      const process = new Process(world, options(), ({ number }) =>
        number === fatal ? 'killed after it is carried out' : undefined,
      )
      await process.over()
      await runToEnd(world, options())
      t.deepEqual(problemsOf(world.store), [], `killed at request ${fatal}`)
      t.deepEqual(rowsOf(world), rows, `killed at request ${fatal}`)
    }
  },
)
