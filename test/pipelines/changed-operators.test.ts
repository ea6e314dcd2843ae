import test, { type ExecutionContext } from 'ava'
import { type Duration, hours, minutes } from '../../lib/duration.ts'
import { definePipeline } from '../../lib/index.ts'
import type { Pipeline } from '../../lib/pipeline.ts'
import { verify } from '../../lib/verify/verify.ts'
import {
  count,
  dedupe,
  eventTime,
  fields,
  filter,
  keyBy,
  parse,
  reduce,
  tumbling,
  window,
} from '../../operators/index.ts'
import { type Fate, Process } from '../faults/process.ts'
import { chainsOf, problemsOf } from './audit.ts'
import { linesOf } from './contents.ts'
import { MORNING, TOPIC, type View } from './views.ts'
import { append, newWorld, recordOf, runToEnd, type World } from './world.ts'

interface Shape {
  /** What dedupe is called; none where that is empty. */
  readonly unique?: string
  readonly within?: Duration
  /** Of the windows of totals, which there are only then. */
  readonly size?: Duration
  readonly filtered?: boolean
}

const shaped = ({ unique = 'dedupe', within = hours(1), size, filtered }: Shape = {}): Pipeline =>
  definePipeline('views', ({ kafka, s3, rejected }) => {
    const views = kafka({ topic: TOPIC })
      .through(parse<View>())
      .through(eventTime((view) => view.at, { outOfOrder: minutes(1) }))
    const wanted = filtered ? views.through(filter(({ page }) => page !== 'home')) : views
    const once =
      unique === '' ? wanted : wanted.through(dedupe(({ id }) => id, { within, as: unique }))
    once.to(s3({ prefix: 'raw' }))
    if (size !== undefined)
      once
        .through(keyBy(fields('page')))
        .through(window(tumbling(size)))
        .through(reduce({ views: count() }))
        .to(s3({ prefix: 'totals' }))
    rejected.to(s3({ prefix: 'rejected' }))
  })

/** Views of so many minutes, in both partitions. */
const viewsOf = (from: number, to: number) =>
  [0, 1].flatMap((partition) =>
    Array.from({ length: to - from }, (_, n) => {
      const id = `${partition}-${from + n}`
      const at = MORNING + minutes(from + n)
      const view = { id, at, user: 'u', page: 'page', country: null, seconds: 1 }
      return recordOf(view, partition)
    }),
  )

/** Let an endless run of a pipeline read what there is, and stop; its windows stay open. */
async function read(
  world: World,
  pipeline: Pipeline,
  dropState: readonly string[] = [],
  fate?: (key: string, method: string) => Fate,
): Promise<readonly string[]> {
  const stop = new AbortController()
  const process = new Process(
    world,
    { pipeline, dropState, untilEnd: false, signal: stop.signal },
    ({ key, method }) => fate?.(key, method),
  )
  process.summary.catch(() => undefined)
  await world.clock.advance(minutes(1))
  stop.abort()
  await world.clock.run(Promise.race([process.summary, process.death]))
  return process.notes
}

/** A world in which a pipeline has read the views of half an hour. */
async function worldAfter(pipeline: Pipeline): Promise<World> {
  const world = await newWorld(2)
  await append(world, viewsOf(0, 30))
  await read(world, pipeline)
  return world
}

/** Nothing is claimed: no lane goes on under another pipeline than the rest. */
async function refuses(
  t: ExecutionContext,
  world: World,
  pipeline: Pipeline,
  message: RegExp,
): Promise<void> {
  const before = world.store.objects().length
  await t.throwsAsync(read(world, pipeline), { code: 'config', message })
  t.is(world.store.objects().length, before)
}

async function isSound(t: ExecutionContext, { log, store, clock }: World): Promise<void> {
  t.deepEqual(problemsOf(store), [])
  const { findings } = await clock.run(verify({ pipeline: 'views', log, store, clock }))
  t.deepEqual(findings, [])
}

const droppedIn = ({ store }: World): (readonly string[])[] =>
  [...chainsOf(store).values()].map((records) =>
    records.flatMap(({ record: { dropped = [] } }) => dropped),
  )

test('an operator without state comes and goes, and nothing is dropped', async (t) => {
  const world = await worldAfter(shaped())
  await append(world, viewsOf(20, 40))
  await read(world, shaped({ filtered: true }))
  t.is(linesOf(world.store, 'raw').length, 80, 'repeats are known still')
  t.deepEqual(droppedIn(world), [[], []])
  await isSound(t, world)
})

test('an operator with state that is new begins with none, and the others keep theirs', async (t) => {
  const world = await worldAfter(shaped())
  await append(world, viewsOf(20, 40))
  await runToEnd(world, { pipeline: shaped({ size: hours(1) }) })
  t.is(linesOf(world.store, 'raw').length, 80)
  t.deepEqual(
    linesOf(world.store, 'totals').map((line) => (JSON.parse(line) as { views: number }).views),
    [20],
  )
  await isSound(t, world)
})

test('state of an operator that is gone is dropped only where somebody says so', async (t) => {
  const world = await worldAfter(shaped())
  const without = shaped({ unique: '' })
  await refuses(
    t,
    world,
    without,
    /^views-0: the pipeline's operators with state have changed since record \d+ of views: dedupe is gone\. .* --drop-state dedupe; /,
  )
  await append(world, viewsOf(20, 40))
  const notes = await read(world, without, ['dedupe'])
  t.is(notes.filter((note) => /gives up what was kept as dedupe\/kept/.test(note)).length, 2)
  t.is(linesOf(world.store, 'raw').length, 100, 'nothing is a repeat any more')
  t.deepEqual(droppedIn(world), [['dedupe/kept'], ['dedupe/kept']])
  await isSound(t, world)
})

test('state of an operator with another name, or other options, is dropped only where somebody says so', async (t) => {
  for (const [shape, why] of [
    [{ unique: 'twice' }, 'gone'],
    [{ within: hours(2) }, 'another one'],
  ] as const) {
    const world = await worldAfter(shaped())
    await refuses(t, world, shaped(shape), new RegExp(`: dedupe is ${why}\\. `))
    await append(world, viewsOf(20, 40))
    await read(world, shaped(shape), ['dedupe'])
    t.is(linesOf(world.store, 'raw').length, 100)
    // who says so again has nothing more to lose
    await append(world, viewsOf(20, 40))
    await read(world, shaped(shape), ['dedupe'])
    t.is(linesOf(world.store, 'raw').length, 100)
    t.deepEqual(droppedIn(world), [['dedupe/kept'], ['dedupe/kept']])
    await isSound(t, world)
  }
})

test('what is said of one operator holds for no other', async (t) => {
  const world = await worldAfter(shaped({ size: hours(1) }))
  await t.throwsAsync(read(world, shaped({ unique: '' }), ['dedupe']), {
    message: /: reduce is gone\. .* --drop-state reduce; /,
  })
  await read(world, shaped({ unique: '' }), ['dedupe', 'reduce'])
  await isSound(t, world)
})

test('totals of windows of another size are given up, with what was added up for them and not merged', async (t) => {
  for (const isMerged of [true, false]) {
    const world = await newWorld(2)
    await append(world, viewsOf(0, 30))
    await read(world, shaped({ size: hours(1) }), [], (key, method) =>
      !isMerged && method === 'store' && key.includes('/merge/')
        ? 'killed before it is carried out'
        : undefined,
    )
    const finer = shaped({ size: minutes(30) })
    await refuses(t, world, finer, /: reduce is another one\. .* --drop-state reduce; /)
    await append(world, viewsOf(30, 40))
    await runToEnd(world, { pipeline: finer, dropState: ['reduce'] })
    const [total, ...more] = linesOf(world.store, 'totals')
    t.deepEqual(more, [])
    t.like(JSON.parse(total!) as object, { views: 20 })
    await isSound(t, world)
  }
})
