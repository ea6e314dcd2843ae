import { Readable } from 'node:stream'
import { pipeline as connect } from 'node:stream/promises'
import test from 'ava'
import { csv, definePipeline, hourly, hours, once, seconds, standalone } from '../../lib/index.ts'
import type { S3Options } from '../../lib/s3/sink.ts'
import type { Taken } from '../../lib/s3/once.ts'
import { at, barrier, clock, feed, memoryStore, type Outcome } from '../../lib/testing.ts'
import { eventTime, parse } from '../../operators/index.ts'
import { TOPIC } from './views.ts'
import { append, newWorld, runToEnd } from './world.ts'

interface Event {
  readonly user: string
  readonly at: number
  readonly n: number
  readonly text?: string
}

const NINE = clock('09:00')

/** An object for each user and second. */
const events = (taken: Taken, options: Omit<S3Options<Event>, 'prefix' | 'name'> = {}) =>
  definePipeline('events', ({ kafka, s3, rejected }) => {
    kafka({ topic: 'events', keyedBy: (event: Event) => event.user })
      .through(parse<Event>())
      .through(eventTime((event) => event.at, { outOfOrder: seconds(2) }))
      .to(
        s3({
          ...options,
          prefix: 'events',
          name: once({ of: ({ value }) => value.user, span: seconds(1), taken }),
        }),
      )

    rejected.to(s3({ prefix: 'rejected', partitionBy: hourly({ by: 'record' }) }))
  })

const event = (n: number, more: Partial<Event> = {}) =>
  at('09:00', { user: 'ada', at: NINE - n, n, ...more }, { key: 'ada' })

const keysOf = (outcome: Outcome): string[] => outcome.objects('events').map(({ key }) => key)

const reasonsOf = (outcome: Outcome): string[] =>
  outcome.rows<{ reason: string }>('rejected').map(({ reason }) => reason)

/** Ten rows of almost a megabyte, over three commits. */
const large = Array.from({ length: 10 }, (_, n) => event(n % 7, { text: 'x'.repeat(900_000) }))
const input = [...large.slice(0, 4), barrier(), ...large.slice(4, 8), barrier(), ...large.slice(8)]

test('rows that are more than can be sorted are for the next object of the name', async (t) => {
  for (const [taken, next] of [
    ['late', 'events/ada.late-1.jsonl'],
    ['number', 'events/ada.2.jsonl'],
  ] as const) {
    const outcome = await feed(...input).into(events(taken))
    t.deepEqual(keysOf(outcome).toSorted(), [next, 'events/ada.jsonl'].toSorted())
    const [first] = outcome.objects('events').filter(({ key }) => key === 'events/ada.jsonl')
    t.is(first?.metadata['sluice-because'], 'size')
    t.is(outcome.rows('events').length, 10)
    await outcome.expectNoLoss()
    await outcome.expectSameAgain()
  }
})

test('rows that are more than can be sorted are rejected, where there is no next object', async (t) => {
  const outcome = await feed(...input).into(events('reject'))
  t.deepEqual(keysOf(outcome), ['events/ada.jsonl'])
  t.is(outcome.rows('events').length, 9)
  t.deepEqual(reasonsOf(outcome), [
    "the object of its name cannot take it (size), and there is no second one: once({ taken: 'reject' })",
  ])
  await outcome.expectNoLoss()
  await outcome.expectSameAgain()
})

test('a row of other columns is for the next object of the name, or rejected', async (t) => {
  const format = csv<Event>({ header: true, drift: 'widen' })
  const mixed = [event(0), event(1, { text: 'a' }), barrier(), event(2, { text: 'b' })]
  const outcome = await feed(...mixed).into(events('number', { format }))
  t.deepEqual(
    outcome.objects('events').map(({ key, bytes }) => [key, String(bytes).split('\n')]),
    [
      ['events/ada.2.csv', ['user,at,n,text', `ada,${NINE - 2},2,b`, `ada,${NINE - 1},1,a`, '']],
      ['events/ada.csv', ['user,at,n', `ada,${NINE},0`, '']],
    ],
  )
  const strict = await feed(...mixed).into(events('reject', { format }))
  t.deepEqual(keysOf(strict), ['events/ada.csv'])
  t.is(reasonsOf(strict).length, 2)
  await strict.expectSameAgain()
})

test('the sink used alone has such names too, and leaves alone what an earlier run has written', async (t) => {
  const store = memoryStore()
  const write = (...rows: { id: string; n: number }[]) =>
    connect(
      Readable.from(rows),
      standalone<{ id: string }>(
        { prefix: 'a', name: once({ of: ({ value }) => value.id }) },
        { store },
      ),
    )
  await write({ id: 'x', n: 1 }, { id: 'y', n: 2 }, { id: 'x', n: 3 })
  await write({ id: 'x', n: 4 })
  t.deepEqual(
    store.objects('a/').map(({ key, bytes }) => [key, String(bytes)]),
    [
      ['a/x.2.jsonl', '{"id":"x","n":3}\n'],
      ['a/x.3.jsonl', '{"id":"x","n":4}\n'],
      ['a/x.jsonl', '{"id":"x","n":1}\n'],
      ['a/y.jsonl', '{"id":"y","n":2}\n'],
    ],
  )
})

test('an epoch ends before objects that are many and small take more memory than there is', async (t) => {
  const world = await newWorld(1, { batchRecords: 500 })
  const pipeline = definePipeline('ids', ({ kafka, s3 }) =>
    kafka({ topic: TOPIC, keyedBy: ({ id }: { id: string }) => id })
      .through(parse<{ id: string }>())
      .to(s3({ prefix: 'ids', name: once({ of: ({ value }) => value.id }) })),
  )
  const records = Array.from({ length: 8_000 }, (_, n) => ({
    key: String(n),
    value: JSON.stringify({ id: String(n) }),
  }))
  await append(world, records)
  const { commits, objects } = await runToEnd(world, { pipeline, commitEvery: hours(1) })
  t.is(objects, 8_000)
  t.true(commits > 1)
})
