import test from 'ava'
import { seconds } from '../../lib/duration.ts'
import { byField, definePipeline } from '../../lib/index.ts'
import { type ObjectStore, StoreError } from '../../lib/ports.ts'
import { type MemoryStore } from '../../lib/testing.ts'
import { parse } from '../../operators/index.ts'
import { problemsOf } from '../pipelines/audit.ts'
import { TOPIC } from '../pipelines/views.ts'
import { append, newWorld, runToEnd, type World } from '../pipelines/world.ts'

/** A pipeline with very many small objects. */
const pipeline = definePipeline('folders', ({ kafka, s3 }) => {
  kafka({ topic: TOPIC })
    .through(parse<{ n: number }>())
    .to(s3({ prefix: 'raw', partitionBy: byField('n') }))
})

const OBJECTS = 300
const LATENCY = 50

async function worldOf(): Promise<World> {
  const world = await newWorld(2)
  const records = Array.from({ length: OBJECTS }, (_, n) => ({
    key: null,
    value: JSON.stringify({ n }),
    partition: n % 2,
  }))
  await append(world, records)
  return world
}

/** A store that answers SlowDown to whoever writes an object while so many others are being written. */
function busyStore({ store, clock }: World, takes: number) {
  let underWay = 0
  const refusals: number[] = []
  const written: number[] = []
  const put: MemoryStore['put'] = async (key, ...rest) => {
    if (!key.startsWith('raw/')) return store.put(key, ...rest)
    const isTooMany = ++underWay > takes
    await clock.sleep(LATENCY)
    underWay--
    ;(isTooMany ? refusals : written).push(clock.now())
    if (!isTooMany) return store.put(key, ...rest)
    throw new StoreError('transient', 'SlowDown', { throttled: true, retryAfter: seconds(1) })
  }
  const busy: ObjectStore = { ...store, put }
  return { busy, refusals, written }
}

test('a store that takes four requests at a time gets about as many, and every object', async (t) => {
  const world = await worldOf()
  const { busy, refusals, written } = busyStore(world, 4)
  const notes: string[] = []
  const summary = await runToEnd(world, {
    pipeline,
    store: busy,
    events: { note: (text) => void notes.push(text) },
  })
  t.is(world.store.objects('raw/').length, OBJECTS)
  t.deepEqual(problemsOf(world.store), [])
  t.is(written.length, OBJECTS)
  t.is(summary.throttled, refusals.length)
  t.true(notes.some((note) => /is asked 16 requests at a time/.test(note)))
  // once it is found out how many it takes, few are one too many
  const settled = Math.min(...written) + seconds(10)
  const late = refusals.filter((at) => at > settled).length
  t.true(late < written.filter((at) => at > settled).length / 2 || late === 0)
})

test('a store that has room is asked as much as ever, and nothing is said', async (t) => {
  const world = await worldOf()
  const { busy, refusals } = busyStore(world, 64)
  const notes: string[] = []
  const events = { note: (text: string) => void notes.push(text) }
  const summary = await runToEnd(world, { pipeline, store: busy, events })
  t.is(world.store.objects('raw/').length, OBJECTS)
  t.deepEqual(refusals, [])
  t.is(summary.throttled, 0)
  t.deepEqual(
    notes.filter((note) => note.includes('at a time')),
    [],
  )
})
