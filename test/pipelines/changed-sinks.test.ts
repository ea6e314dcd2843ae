import test from 'ava'
import {
  csv,
  definePipeline,
  jsonArray,
  jsonLines,
  minutes,
  rawBytes,
  tsv,
} from '../../lib/index.ts'
import type { Pipeline } from '../../lib/pipeline.ts'
import { runPipeline } from '../../lib/run/run.ts'
import type { Format } from '../../lib/s3/format/format.ts'
import { parse } from '../../operators/index.ts'
import { problemsOf } from './audit.ts'
import { TOPIC } from './views.ts'
import { append, newWorld, runToEnd, settings, type World } from './world.ts'

/** A world in which a pipeline holds three records in an object that is still open. */
async function worldWithOpenObject(pipeline: Pipeline): Promise<World> {
  const world = await newWorld(1)
  await append(
    world,
    [0, 1, 2].map((n) => ({ key: null, value: `{"n":${n}}` })),
  )
  const stop = new AbortController()
  const run = runPipeline(settings(world, { pipeline, untilEnd: false, signal: stop.signal }))
  await world.clock.advance(minutes(1))
  stop.abort()
  await world.clock.run(run)
  return world
}

const archive = (prefix: string, format: Format<unknown> = jsonLines()): Pipeline =>
  definePipeline('archive', ({ kafka, s3 }) => {
    kafka({ topic: TOPIC })
      .through(parse())
      .to(s3({ prefix, format, rotate: { records: 100 } }))
  })

const rowsOf = ({ store }: World, prefix: string): (string | undefined)[] =>
  store.objects(prefix).map(({ metadata }) => metadata['sluice-rows'])

test('a sink that holds rows is not left out, or renamed, before they are finished', async (t) => {
  const world = await worldWithOpenObject(archive('raw'))
  await t.throwsAsync(runToEnd(world, { pipeline: archive('other') }), {
    code: 'config',
    message:
      /^views-0: the pipeline has no sink 'raw' any more, in which 3 rows of 1 open objects wait as of record \d+ of archive\. Put it back/,
  })
  await runToEnd(world, { pipeline: archive('raw') })
  await runToEnd(world, { pipeline: archive('other') })
  t.deepEqual(rowsOf(world, 'raw/'), ['3'])
  t.deepEqual(problemsOf(world.store), [])
})

const formats: Readonly<Record<string, Format<unknown>>> = {
  'JSON lines': jsonLines(),
  'JSON lines with the offset': jsonLines({ include: ['offset'] }),
  'a JSON array': jsonArray(),
  CSV: csv(),
  'CSV with a header': csv({ header: true }),
  'CSV with semicolons': csv({ delimiter: ';' }),
  'CSV with a text for null': csv({ nullText: 'NULL' }),
  TSV: tsv(),
  'raw bytes': rawBytes({ separator: '\n' }),
}

for (const [index, [from, format]] of Object.entries(formats).entries()) {
  const [to, other] = Object.entries(formats).at(index - 1)!
  test(`an object of ${from} is not finished as ${to}`, async (t) => {
    const world = await worldWithOpenObject(archive('raw', format))
    await t.throwsAsync(runToEnd(world, { pipeline: archive('raw', other) }), {
      code: 'config',
      message:
        /^views-0: the format of sink 'raw' is another one than that in which 3 rows of 1 open objects wait/,
    })
    await runToEnd(world, { pipeline: archive('raw', format) })
    await runToEnd(world, { pipeline: archive('raw', other) })
    t.deepEqual(rowsOf(world, 'raw/'), ['3'])
    t.deepEqual(problemsOf(world.store), [])
  })
}
