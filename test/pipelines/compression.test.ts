import { randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import { definePipeline, gzip, jsonArray, jsonLines, rawBytes, zstd } from '../../lib/index.ts'
import type { Pipeline } from '../../lib/pipeline.ts'
import type { NewRecord } from '../../lib/ports.ts'
import type { Compression } from '../../lib/s3/compression.ts'
import type { Format } from '../../lib/s3/format/format.ts'
import type { Rotation } from '../../lib/s3/rotation.ts'
import type { StoredObject } from '../../lib/testing.ts'
import { verify } from '../../lib/verify/verify.ts'
import { Process } from '../faults/process.ts'
import { problemsOf } from './audit.ts'
import { TOPIC } from './views.ts'
import { append, newWorld, runToEnd, type World } from './world.ts'
import { unzstd } from '../support/checker/unpacked.ts'

const KB = 1024
const MB = 1024 * KB

/** The ways to write an object, and how a reader that knows nothing of them finds its records again. */
const formats = {
  jsonLines: {
    format: jsonLines(),
    extension: 'jsonl',
    records: (text: string) => text.split('\n').slice(0, -1),
  },
  jsonArray: {
    format: jsonArray(),
    extension: 'json',
    records: (text: string) => (JSON.parse(text) as unknown[]).map((row) => JSON.stringify(row)),
  },
  rawBytes: {
    format: rawBytes({ separator: '\n' }),
    extension: 'bin',
    records: (text: string) => text.split('\n'),
  },
}

const compressions: readonly [string, Compression | undefined, (bytes: Buffer) => Buffer][] = [
  ['', undefined, (bytes) => bytes],
  ['.gz', gzip({ level: 1 }), (bytes) => gunzipSync(bytes)],
  ['.zst', zstd(), (bytes) => unzstd(bytes)],
]

interface Sizes {
  readonly records: number
  /** Bytes of one record. */
  readonly bytes: number
  readonly rotate?: Rotation
  readonly objects: number
}

const sizes: Readonly<Record<string, Sizes>> = {
  small: { records: 30, bytes: 2 * KB, objects: 1 },
  'larger than a part': { records: 40, bytes: 300 * KB, objects: 1 },
  'carried over commits': { records: 30, bytes: 2 * KB, rotate: { records: 12 }, objects: 3 },
  'carried and larger than a part': {
    records: 45,
    bytes: 300 * KB,
    rotate: { records: 40 },
    objects: 2,
  },
}

/** Text of which no compressor can spare more than a quarter. */
const NOISE = randomBytes(11 * MB).toString('base64')

const recordsOf = ({ records, bytes }: Sizes): string[] =>
  Array.from({ length: records }, (_, n) =>
    JSON.stringify({ n, noise: NOISE.slice(n * bytes, (n + 1) * bytes) }),
  )

async function worldOf(values: readonly string[]): Promise<World> {
  const world = await newWorld(1, { batchRecords: 4 })
  const asRecord = (value: string): NewRecord => ({ key: null, value, partition: 0 })
  await append(world, values.map(asRecord))
  return world
}

const archive = (format: Format<unknown>, compression?: Compression, rotate?: Rotation): Pipeline =>
  definePipeline('archive', ({ kafka, s3 }) => {
    kafka({ topic: TOPIC }).to(s3({ prefix: 'raw', format, compression, rotate }))
  })

const objectsOf = ({ store }: World): StoredObject[] => store.objects('raw/')

for (const [formatName, { format, extension, records: recordsIn }] of Object.entries(formats))
  for (const [suffix, compression, unpack] of compressions)
    for (const [size, scene] of Object.entries(sizes)) {
      const pipeline = archive(format, compression, scene.rotate)
      const options = { pipeline, commitEvery: scene.rotate ? 0 : 10_000, memory: 256 * MB }
      const title = `${formatName}${suffix}, ${size}`

      test.serial(`${title}: every record comes back, in order`, async (t) => {
        const values = recordsOf(scene)
        const world = await worldOf(values)
        await runToEnd(world, options)
        const objects = objectsOf(world)
        t.is(objects.length, scene.objects)
        t.true(objects.every(({ key }) => key.endsWith(`.${extension}${suffix}`)))
        // small ones were in a bundle, whose publisher adds the hash
        const isSmall = scene.bytes < 100 * KB
        t.is(typeof objects[0]?.metadata['sluice-sha256'] === 'string', isSmall)
        const back = objects.flatMap(({ bytes }) => recordsIn(unpack(bytes).toString()))
        t.is(back.length, values.length)
        t.true(back.every((value, n) => value === values[n]))
        t.deepEqual(problemsOf(world.store), [])
        t.is(world.store.openUploads, 0)
        const report = await verify({ ...world, pipeline: 'archive' })
        t.deepEqual(report.findings, [])
      })
    }

for (const compression of [gzip(), zstd()])
  for (const size of ['carried over commits', 'carried and larger than a part'] as const)
    test.serial(
      `a process that is killed while it writes ${compression.name}, ${size}, loses and doubles nothing`,
      async (t) => {
        const scene = sizes[size]!
        const values = recordsOf(scene)
        const pipeline = archive(jsonLines(), compression, scene.rotate)
        const options = { pipeline, commitEvery: 0, memory: 256 * MB }
        const undisturbed = new Process(await worldOf(values), options)
        await undisturbed.over()
        const last = undisturbed.calls
        // large ones take their time: a few deaths, which are other requests for gzip than for zstd
        const step = scene.bytes > 100 * KB ? Math.floor(last / 3) : 2
        for (let fatal = compression.name.length % 3; fatal <= last; fatal += step) {
          const world = await worldOf(values)
          const process = new Process(world, options, ({ number }) =>
            number === fatal ? 'killed after it is carried out' : undefined,
          )
          t.is(await process.over(), 'killed')
          await runToEnd(world, options)
          const [, , unpack] = compressions.find(([, other]) => other?.name === compression.name)!
          const back = objectsOf(world).flatMap(({ bytes }) =>
            formats.jsonLines.records(unpack(bytes).toString()),
          )
          t.is(back.length, values.length, `killed at request ${fatal}`)
          t.true(
            back.every((value, n) => value === values[n]),
            `killed at request ${fatal}`,
          )
          t.deepEqual(problemsOf(world.store), [])
        }
      },
    )

test('objects say how they are encoded when they are asked to, and never otherwise', async (t) => {
  const encodingOf = async (compression: Compression, bytes: number) => {
    const world = await worldOf(recordsOf({ records: 20, bytes, objects: 1 }))
    await runToEnd(world, { pipeline: archive(jsonLines(), compression), memory: 256 * MB })
    return objectsOf(world).map(({ contentType, settings }) => [
      contentType,
      settings.contentEncoding,
    ])
  }
  for (const bytes of [KB, MB]) {
    t.deepEqual(await encodingOf(gzip(), bytes), [['application/x-ndjson', undefined]])
    t.deepEqual(await encodingOf(gzip({ contentEncoding: true }), bytes), [
      ['application/x-ndjson', 'gzip'],
    ])
    t.deepEqual(await encodingOf(zstd({ contentEncoding: true }), bytes), [
      ['application/x-ndjson', 'zstd'],
    ])
  }
})

test('an object that was carried plain is compressed when its sink compresses by then, and the other way round', async (t) => {
  const values = recordsOf(sizes['small']!)
  const world = await worldOf(values.slice(0, 20))
  const rotate = { records: 1_000 }
  const stop = new AbortController()
  await runToEnd(world, {
    pipeline: archive(jsonLines(), undefined, rotate),
    untilEnd: false,
    commitEvery: 0,
    signal: stop.signal,
    events: { committed: ({ to }) => void (to === 20 && stop.abort()) },
  })
  t.deepEqual(objectsOf(world), [])
  await append(
    world,
    values.slice(20).map((value) => ({ key: null, value, partition: 0 })),
  )
  await runToEnd(world, { pipeline: archive(jsonLines(), gzip(), rotate) })
  const [object, ...others] = objectsOf(world)
  t.deepEqual(others, [])
  t.deepEqual(formats.jsonLines.records(gunzipSync(object!.bytes).toString()), values)
})

test('rows that were carried stand before those of an epoch without a limit, however many these are', async (t) => {
  const values = recordsOf({ records: 40, bytes: 600 * KB, objects: 1 })
  const world = await worldOf(values.slice(0, 8))
  const stop = new AbortController()
  await runToEnd(world, {
    pipeline: archive(jsonLines(), undefined, { records: 1_000 }),
    untilEnd: false,
    commitEvery: 0,
    signal: stop.signal,
    events: { committed: ({ to }) => void (to === 8 && stop.abort()) },
  })
  await append(
    world,
    values.slice(8).map((value) => ({ key: null, value, partition: 0 })),
  )
  await runToEnd(world, { pipeline: archive(jsonLines()), memory: 256 * MB })
  const back = objectsOf(world).flatMap(({ bytes }) => formats.jsonLines.records(bytes.toString()))
  t.is(back.length, values.length)
  t.true(back.every((value, n) => value === values[n]))
})
