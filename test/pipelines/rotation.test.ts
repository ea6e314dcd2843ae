import test from 'ava'
import { sha256 } from '../../lib/commit/record.ts'
import { hours, minutes, seconds } from '../../lib/duration.ts'
import { runPipeline } from '../../lib/run/run.ts'
import type { Rotation } from '../../lib/s3/rotation.ts'
import { problemsOf } from './audit.ts'
import { contentsOf, differences, keysOf } from './contents.ts'
import { expectedOf } from './expected.ts'
import { inputOf } from './input.ts'
import { MORNING, viewsPipeline } from './views.ts'
import { append, newWorld, recordOf, runToEnd, settings, type World } from './world.ts'

/** Rows of the raw objects by folder and partition, in the order of their first offsets. */
function rawObjects({ store }: World): Map<string, string[][]> {
  const objects = new Map<string, string[][]>()
  for (const { key, bytes } of store.objects('raw/')) {
    const [place = ''] = key.split(/\+\d+\.jsonl$/)
    const rows = bytes.toString().split('\n').slice(0, -1)
    objects.set(place, [...(objects.get(place) ?? []), rows])
  }
  return objects
}

const everyChunk = { commitEvery: 0 }

test('objects have exactly as many rows as they are to have, over any number of commits', async (t) => {
  const world = await newWorld(2, { batchRecords: 5 })
  await append(world, inputOf({ seed: 11, records: 300, late: 0 }))
  await runToEnd(world, { pipeline: viewsPipeline({ rotate: { records: 7 } }), ...everyChunk })
  t.deepEqual(differences(contentsOf(world.store), await expectedOf(world.log)), [])
  t.deepEqual(problemsOf(world.store), [])
  let full = 0
  for (const objects of rawObjects(world).values())
    for (const [at, rows] of objects.entries())
      if (at < objects.length - 1) {
        t.is(rows.length, 7)
        full++
      } else t.true(rows.length <= 7)
  t.true(full > 10)
})

test('objects are as large as they may be, and no larger, over any number of commits', async (t) => {
  const most = 900
  const world = await newWorld(2, { batchRecords: 5 })
  await append(world, inputOf({ seed: 12, records: 300, late: 0 }))
  await runToEnd(world, { pipeline: viewsPipeline({ rotate: { bytes: most } }), ...everyChunk })
  t.deepEqual(differences(contentsOf(world.store), await expectedOf(world.log)), [])
  const size = (rows: string[]): number => Buffer.byteLength(rows.join('\n')) + 1
  let full = 0
  for (const objects of rawObjects(world).values())
    for (const [at, rows] of objects.entries()) {
      t.true(size(rows) <= most)
      const next = objects[at + 1]?.[0]
      if (next === undefined) continue
      t.true(size([...rows, next]) > most)
      full++
    }
  t.true(full > 10)
})

test('an object says why it was finished', async (t) => {
  const reasons = async (rotate: Rotation | undefined): Promise<string[]> => {
    const world = await newWorld(1)
    await append(world, inputOf({ seed: 13, records: 50, late: 0, bad: 0 }))
    const because = new Set<string>()
    await runToEnd(world, {
      pipeline: viewsPipeline(rotate && { rotate }),
      events: {
        committed: ({ objects }) => {
          for (const object of objects) if (object.sink === 'raw') because.add(object.because)
        },
      },
    })
    return [...because].toSorted()
  }
  t.deepEqual(await reasons(undefined), ['epoch'])
  t.deepEqual(await reasons({ records: 5 }), ['count', 'drain'])
  t.deepEqual(await reasons({ bytes: 1_000 }), ['drain', 'size'])
  t.deepEqual(await reasons({ every: hours(1) }), ['drain'])
})

/** A run without end, and one event a minute in one folder, from `minute` on. */
async function minutely(world: World, rotate: Rotation) {
  const stop = new AbortController()
  const pipeline = viewsPipeline({ rotate })
  const run = runPipeline(settings(world, { pipeline, untilEnd: false, signal: stop.signal }))
  let n = 0
  return {
    next: () =>
      append(world, [
        recordOf({
          id: `${++n}`,
          at: MORNING,
          user: 'u',
          page: 'p',
          country: null,
          seconds: 1,
        }),
      ]),
    end: async () => {
      stop.abort()
      await world.clock.run(run)
    },
  }
}

test('an object that may be an hour old is, whatever came before it', async (t) => {
  const world = await newWorld(1)
  const events = await minutely(world, { every: hours(1) })
  await world.clock.advance(hours(5))
  await events.next()
  for (let minute = 0; minute < 59; minute++) {
    await world.clock.advance(minutes(1))
    await events.next()
  }
  t.deepEqual(keysOf(world.store, 'raw'), [])
  await world.clock.advance(minutes(2))
  t.is(keysOf(world.store, 'raw').length, 1)
  await events.end()
})

test('an object to which nothing is added for long enough is finished', async (t) => {
  const world = await newWorld(1)
  const events = await minutely(world, { idle: minutes(10) })
  await world.clock.advance(hours(5))
  for (let n = 0; n < 5; n++) {
    await events.next()
    await world.clock.advance(minutes(9))
  }
  t.deepEqual(keysOf(world.store, 'raw'), [])
  await world.clock.advance(minutes(2))
  t.is(keysOf(world.store, 'raw').length, 1)
  await events.end()
})

test('a run that is told to stop leaves its open objects to the next one', async (t) => {
  const world = await newWorld(1)
  const rotate = { records: 10 }
  for (let run = 0; run < 5; run++) {
    const events = await minutely(world, rotate)
    for (let n = 0; n < 3; n++) await events.next()
    await world.clock.advance(seconds(1))
    await events.end()
  }
  const [rows, ...others] = [...rawObjects(world).values()].flat()
  t.is(rows?.length, 10)
  t.deepEqual(others, [])
  await runToEnd(world, { pipeline: viewsPipeline({ rotate }) })
  t.is([...rawObjects(world).values()].flat()[1]?.length, 5)
  t.deepEqual(problemsOf(world.store), [])
})

test('an object is named by topic, partition and first offset, and a total by the commit that finished it', async (t) => {
  const world = await newWorld(2)
  await append(world, [
    recordOf({ id: 'a', at: MORNING, user: 'u', page: 'p', country: null, seconds: 1 }, 1),
    recordOf(
      { id: 'b', at: MORNING + hours(1), user: 'u', page: 'p', country: null, seconds: 1 },
      1,
    ),
  ])
  await runToEnd(world)
  t.deepEqual(keysOf(world.store, 'raw'), [
    'raw/year=2023/month=12/day=01/hour=09/views+1+0000000000.jsonl',
    'raw/year=2023/month=12/day=01/hour=10/views+1+0000000001.jsonl',
  ])
  const totals = keysOf(world.store, 'totals')
  t.regex(
    totals[0] ?? '',
    /^totals\/year=2023\/month=12\/day=01\/hour=09\/views\+views-[01]\+2\.jsonl$/,
  )
  t.regex(
    totals[1] ?? '',
    /^totals\/year=2023\/month=12\/day=01\/hour=10\/views\+views-[01]\+2\.1\.jsonl$/,
  )
})

test('an object says of itself what it holds', async (t) => {
  const world = await newWorld(1)
  await append(world, inputOf({ seed: 3, records: 20, bad: 0, late: 0, duplicates: 0 }))
  await runToEnd(world)
  const [object] = world.store.objects('raw/')
  t.is(object?.contentType, 'application/x-ndjson')
  const rows = object?.bytes.toString().split('\n').slice(0, -1) ?? []
  const times = rows.map((row) => (JSON.parse(row) as { at: number }).at)
  const { 'sluice-commit': token, ...metadata } = object?.metadata ?? {}
  t.regex(token ?? '', /^[0-9a-f]{6}\/views\/views\/0\/1\/2\/[0-9a-f]{16}\/raw\/0$/)
  t.deepEqual(metadata, {
    'sluice-because': 'epoch',
    'sluice-rows': `${rows.length}`,
    'sluice-first-offset': '0',
    'sluice-last-offset': `${rows.length - 1}`,
    'sluice-min-time': `${Math.min(...times)}`,
    'sluice-max-time': `${Math.max(...times)}`,
    'sluice-sha256': sha256(object?.bytes ?? ''),
  })
})
