import test from 'ava'
import { days, type Duration, hours, minutes } from '../../lib/duration.ts'
import { definePipeline } from '../../lib/index.ts'
import type { Pipeline } from '../../lib/pipeline.ts'
import { at, clock, feed } from '../../lib/testing.ts'
import { count, eventTime, keyBy, parse, reduce, tumbling, window } from '../../operators/index.ts'

const hourly = (idle?: Duration): Pipeline =>
  definePipeline('hourly', ({ kafka, s3, rejected }) => {
    kafka({ topic: 'sales' })
      .through(parse<{ at: number }>())
      .through(eventTime((sale) => sale.at, { outOfOrder: minutes(1), idle }))
      .through(keyBy(() => 'all'))
      .through(window(tumbling(hours(1))))
      .through(reduce({ sales: count() }))
      .to(s3({ prefix: 'hourly' }))
    rejected.to(s3({ prefix: 'rejected' }))
  })

/** When each came, and its own time: the second is late by an hour and ten minutes, after an hour and twenty in which nothing came. */
const SALES = [
  ['09:10', '09:10'],
  ['10:30', '09:20'],
  ['10:31', '10:31'],
] as const

/** Read as they come, or all at once later: one log, record by record the same. */
const read = (how: 'live' | 'later', pipeline: Pipeline) =>
  feed(
    ...SALES.map(([came, time]) =>
      at(how === 'live' ? came : '12:00', { at: clock(time) }, { timestamp: clock(came) }),
    ),
  ).into(pipeline)

const salesOf = (rows: readonly unknown[]) => rows.map((row) => (row as { sales: number }).sales)

test('event time of a quiet lane goes on with the wall clock, so that what comes then may be late', async (t) => {
  const run = await read('live', hourly())
  t.deepEqual(salesOf(run.rows('hourly')), [1, 1])
  t.is(run.rows('rejected').length, 1)
  await t.notThrowsAsync(run.expectSameAgain())
})

test('where the same log is read later no lane is quiet, and nothing of it is late', async (t) => {
  const run = await read('later', hourly())
  t.deepEqual(salesOf(run.rows('hourly')), [2, 1])
  t.deepEqual(run.rows('rejected'), [])
})

test('with an idle that is never reached, a live run judges by the log alone', async (t) => {
  const run = await read('live', hourly(days(3650)))
  t.deepEqual(salesOf(run.rows('hourly')), [2, 1])
  t.deepEqual(run.rows('rejected'), [])
})
