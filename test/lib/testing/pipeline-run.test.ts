import test from 'ava'
import { minutes, seconds } from '../../../lib/duration.ts'
import {
  at,
  barrier,
  clock,
  crash,
  failing,
  type FaultRule,
  feed,
  lostAnswer,
  restart,
  slow,
  watermark,
} from '../../../lib/testing.ts'
import { definePipeline, gzip, jsonLines, zstd } from '../../../lib/index.ts'
import { StoreError } from '../../../lib/ports.ts'
import { partitionOf } from '../../../lib/murmur2.ts'
import { map, parse } from '../../../operators/index.ts'
import { type View, viewsPipeline } from '../../pipelines/views.ts'

const view = (time: string, id: string, page = 'home') =>
  at(time, { id, at: clock(time), user: 'u', page, country: null, seconds: 2 } satisfies View)

test('a pipeline is fed events, and what is in the bucket can be looked at', async (t) => {
  const run = await feed(
    view('09:00', 'a'),
    view('09:01', 'b'),
    view('09:02', 'b'),
    at('09:03', 'not json'),
  ).into(viewsPipeline())
  t.is(run.rows('raw').length, 3)
  t.like(run.rows('totals'), [{ dimension: 'page', value: 'home', views: 2, seconds: 4 }])
  t.like(run.rows('rejected'), [{ operator: 'parse', text: 'not json' }])
  t.true(
    run.objects('raw').every(({ key }) => key.startsWith('raw/year=2024/month=01/day=01/hour=09/')),
  )
  await run.expectNoLoss()
})

test('a crash between two events loses and doubles nothing', async (t) => {
  const calm = await feed(view('09:00', 'a'), view('09:05', 'b')).into(viewsPipeline())
  for (const committed of [[], [barrier()]]) {
    const run = await feed(
      view('09:00', 'a'),
      ...committed,
      crash(),
      restart(),
      view('09:05', 'b'),
      crash(),
      restart(),
    ).into(viewsPipeline())
    t.deepEqual(run.rows('totals'), calm.rows('totals'))
    t.deepEqual(run.rows('raw'), calm.rows('raw'))
    await run.expectNoLoss()
  }
})

test('after a crash without a restart, what was not committed is not there, and the check says so', async (t) => {
  const run = await feed(view('09:00', 'a'), barrier(), view('09:05', 'b'), crash()).into(
    viewsPipeline(),
  )
  t.like(run.rows('raw'), [{ id: 'a' }])
  t.is(run.rows('raw').length, 1)
  await t.throwsAsync(run.expectNoLoss(), { message: 'not read yet: 1 records of views-0' })
})

test('an object that was altered is found', async (t) => {
  const run = await feed(view('09:00', 'a')).into(viewsPipeline())
  const key = run.objects('raw')[0]?.key ?? ''
  await run.store.put(key, Buffer.from('{}'), {
    metadata: (await run.store.head(key))?.metadata ?? {},
  })
  await t.throwsAsync(run.expectNoLoss(), { message: /^altered: raw\// })
})

test('a store that is slow, fails and loses answers changes nothing', async (t) => {
  const input = [view('09:00', 'a'), view('09:01', 'b'), view('09:02', 'c')]
  const calm = await feed(...input).into(viewsPipeline())
  for (let n = 1; n <= 12; n++) {
    const faults = [failing(n), lostAnswer(n + 1), lostAnswer(2, 'put'), slow(seconds(2), 'put')]
    const run = await feed(...input).into(viewsPipeline(), { faults })
    t.deepEqual(run.rows('raw'), calm.rows('raw'))
    t.deepEqual(run.rows('totals'), calm.rows('totals'))
    await run.expectNoLoss()
  }
})

test('a process that is stopped while it starts, since the store is slow or fails, ends in order', async (t) => {
  const one = view('09:00', 'a')
  const all = [slow(1), slow(seconds(2)), failing(1), lostAnswer(1), failing(3), lostAnswer(3)]
  for (const fault of all)
    for (const input of [[one], [one, restart()], [one, crash(), restart()], [restart(), one]]) {
      const run = await feed(...input).into(viewsPipeline(), { faults: [fault] })
      t.is(run.rows('raw').length, 1)
      await run.expectNoLoss()
    }
})

test('what keeps a process from starting is told where it is to stop, too', async (t) => {
  const refused: FaultRule = ({ method }) =>
    method === 'createUpload' ? { before: new StoreError('config', 'no such bucket') } : undefined
  for (const faults of [[refused], [slow(1, 'list'), refused]])
    await t.throwsAsync(feed(view('09:00', 'a')).into(viewsPipeline(), { faults }), {
      code: 'config',
      message: 'no such bucket',
    })
})

test('what comes before a barrier is committed and visible then, whatever delays it', async (t) => {
  const twice = definePipeline('twice', ({ kafka, s3, rejected }) => {
    const ids = kafka({ topic: 'twice' })
      .through(parse<{ id: string }>())
      .through(map(({ id }) => id))
    ids.to(s3({ prefix: 'out' }))
    ids.to(kafka.to({ topic: 'copies', key: (id) => id }))
    rejected.to(s3({ prefix: 'rejected' }))
  })
  const events = ['a', 'b'].map((id, partition) => at('09:00', { id }, { partition }))
  const each = Array.from({ length: 20 }, (_, n) => [failing(n + 1), lostAnswer(n + 1)]).flat()
  for (const fault of [slow(1), slow(minutes(1)), slow(seconds(7), 'put'), ...each]) {
    const run = await feed(...events, barrier(), crash()).into(twice, {
      partitions: 2,
      faults: [fault],
    })
    t.deepEqual(run.rows<string>('out').toSorted(), ['a', 'b'])
    t.is((await run.messages('copies')).length, 2)
    await run.expectNoLoss()
  }
})

test('a barrier waits for a topic that is found only later', async (t) => {
  const any = definePipeline('any', ({ kafka, s3, rejected }) => {
    kafka({ topics: /^any\./ })
      .through(parse())
      .to(s3({ prefix: 'out' }))
    rejected.to(s3({ prefix: 'rejected' }))
  })
  const events = ['any.a', 'any.b'].map((topic) => at('09:00', { topic }, { topic }))
  const run = await feed(...events, barrier(), crash()).into(any)
  t.is(run.rows('out').length, 2)
  await run.expectNoLoss()
})

test('where what comes before a barrier is not committed within a day, the test fails and says what is missing', async (t) => {
  for (const [prefix, trouble, missing] of [
    ['_sluice/copies/copies/', 'hang', 'copies-0 is committed up to 0, and goes on to 1'],
    ['out/', 'fail', 'what copies-0 has committed cannot be seen'],
  ] as const) {
    const never: FaultRule = ({ method, key }) =>
      method === 'put' && key.startsWith(prefix) ? { before: trouble } : undefined
    const events = feed(at('09:00', { id: 'a' }), barrier())
    await t.throwsAsync(events.into(copies, { faults: [never] }), {
      message: `a day after a barrier copies has not committed all that comes before it: ${missing}. Does a fault never end?`,
    })
  }
})

test('the wall clock of a pipeline stands where its input says', async (t) => {
  const times: number[] = []
  const run = await feed(view('09:00', 'a'), view('10:30', 'b')).into(viewsPipeline())
  for await (const { records } of run.log.read('views', 0, 0, 2))
    times.push(...records.map(({ timestamp }) => timestamp))
  t.deepEqual(times, [clock('09:00'), clock('10:30')])
})

test('records go to the partition that they name, or to that of their key', async (t) => {
  const run = await feed(
    at('09:00', { id: 'a' }, { partition: 2 }),
    at('09:00', { id: 'b' }, { key: 'a key' }),
    at('09:01', { id: 'c' }, { key: 'a key', headers: { trace: 'x' } }),
  ).into(copies, { partitions: 3 })
  const keyed = partitionOf(Buffer.from('a key'), 3)
  t.not(keyed, 2)
  const read: unknown[] = []
  for (const [partition, end] of [
    [2, 1],
    [keyed, 2],
  ] as const)
    for await (const { records } of run.log.read('copies', partition, 0, end))
      read.push(...records.map(({ headers }) => headers?.['trace']?.toString()))
  t.deepEqual(read, [undefined, undefined, 'x'])
  await run.expectNoLoss()
})

test('an event for a partition that there is not, or whose value is no JSON, is refused in one line', async (t) => {
  await t.throwsAsync(feed(at('09:00', {}, { partition: 5 })).into(copies, { partitions: 2 }), {
    code: 'config',
    message: 'copies in memory has no partition 5: it has 2, and the first is 0',
  })
  for (const value of [undefined, () => 'a'])
    await t.throwsAsync(feed(at('09:00', value)).into(copies), {
      name: 'TypeError',
      message: `the event at 2024-01-01T09:00:00.000Z has a value that is no JSON (${typeof value}): feed null for a record without one`,
    })
})

test('an object that others have put under a prefix is left alone, and a copy is found', async (t) => {
  const run = await feed(at('09:00', { id: 'a' })).into(copies)
  await run.store.put('out/theirs.jsonl', Buffer.from('"of somebody else"\n'))
  await run.expectNoLoss()
  await run.store.put('out/copy.jsonl', (await run.store.get(run.objects('out')[0]!.key))!)
  await t.throwsAsync(run.expectNoLoss(), { message: /^doubled: out\/copy\.jsonl/ })
})

test('rows of compressed objects are read as those of others', async (t) => {
  for (const compression of [gzip(), zstd()]) {
    const packed = definePipeline('packed', ({ kafka, s3, rejected }) => {
      kafka({ topic: 'packed' })
        .through(parse())
        .to(s3({ prefix: 'out', compression }))
      rejected.to(s3({ prefix: 'rejected' }))
    })
    const large = { id: 'a', text: 'more than one block '.repeat(40_000) }
    const run = await feed(at('09:00', large), at('09:00', { id: 'b' })).into(packed)
    t.deepEqual(run.rows('out'), [large, { id: 'b' }])
    t.true(run.objects('out').every(({ key }) => key.endsWith(`.jsonl.${compression.extension}`)))
  }
})

test('a pipeline that stops by itself says why', async (t) => {
  const loud = definePipeline('loud', ({ kafka, s3 }) => {
    kafka({ topic: 'loud' })
      .through(parse())
      .to(s3({ prefix: 'out' }))
  })
  await t.throwsAsync(feed(at('09:00', '{'), at('09:01', '{}')).into(loud), {
    code: 'rejected',
    message: /loud-0@0/,
  })
})

test('a pipeline cannot be fed a watermark', async (t) => {
  await t.throwsAsync(feed(watermark('09:00')).into(copies), {
    message: /a pipeline makes its own watermarks/,
  })
})

test('options of the pipeline and of the run are taken', async (t) => {
  const run = await feed(at('09:00', { id: 'a' }), at('09:10', { id: 'b' })).into(copies, {
    commitEvery: minutes(1),
  })
  t.deepEqual(run.rows('out'), ['a', 'b'])
})

const copies = definePipeline('copies', ({ kafka, s3, rejected }) => {
  kafka({ topic: 'copies' })
    .through(parse<{ id: string }>())
    .through(map(({ id }) => id))
    .to(s3({ prefix: 'out', format: jsonLines() }))
  rejected.to(s3({ prefix: 'rejected' }))
})
